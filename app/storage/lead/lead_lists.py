"""Leads as the console lists them: captures, newest first, each with what became of it.

A recorded capture has an event with its ULID, so the index of an org's events leads through its
recorded captures; those that were set aside have an index of their own. Both are walked backwards
and merged. Filters look at a bounded number of rows: a page may end before it is full, and says
where to go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from app.domain.capture.capture import CaptureStatus
from app.domain.ids import ulid_of
from app.domain.times import now
from app.storage.capture import capture_lists, capture_words
from app.storage.capture.captures import StoredCapture
from app.storage.database import Cursor
from app.storage.lists import walk
from app.storage.models import Captures, columns_for

#: Rows that one page with a filter looks at, and one without: edits have events, too. With words,
#: only those that are not indexed yet.
LOOKED_AT_MAX = 3000
_LOOKED_AT = 500
_LOOKED_AT_FOR_WORDS = 1000

_SET_ASIDE = (CaptureStatus.QUARANTINED.value, CaptureStatus.REJECTED.value)
_COLUMNS = ", ".join(f"c.{column.column_name}" for column in columns_for(Captures, StoredCapture))


class Wanted(NamedTuple):
    """Which leads to list; "" and (): any. `after` and `before` bound their ULIDs, both without.

    `contact_ids`: those that were answered with one of these ids.
    """

    statuses: Sequence[str] = ()
    source: str = ""
    campaign: str = ""
    form: str = ""
    stage: str = ""
    words: Sequence[str] = ()
    contact_ids: Sequence[str] = ()
    after: str = ""
    before: str = "~"

    @property
    def is_filtered(self) -> bool:
        """Whether rows are left out by what they say."""
        return any((self.source, self.campaign, self.form, self.stage, self.words))

    @property
    def looks_at_max(self) -> int:
        """How many rows one page looks at, at most."""
        return min(LOOKED_AT_MAX, _LOOKED_AT_FOR_WORDS) if self.words else LOOKED_AT_MAX


class Lead(NamedTuple):
    """A capture, the contact that it was merged into, and its event; None: set aside."""

    capture: StoredCapture
    contact_id: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    stage: str | None = None

    @property
    def ulid(self) -> str:
        """Its place in time."""
        return ulid_of(self.capture.id)


class LeadPage(NamedTuple):
    """Leads, newest first; `next_before` is where older ones begin, None at the end."""

    leads: list[Lead]
    next_before: str | None


class Progress(NamedTuple):
    """How many deliveries of an event have which status, and when the last one was settled."""

    status: str
    total: int
    settled_at: datetime | None


def page(cursor: Cursor, org_id: str, wanted: Wanted, limit: int) -> LeadPage:
    """Up to `limit` of an org's leads.

    Those of contacts come from an index. With words, the latest are looked through, and older ones
    come from the index of words.
    """
    if wanted.contact_ids:
        return _of_contacts(cursor, org_id, wanted, limit)
    found = _walk(cursor, org_id, wanted, limit)
    missing = limit - len(found.leads)
    if not wanted.words or not missing or found.next_before is None:
        return found
    older = _by_words(cursor, org_id, wanted._replace(before=found.next_before), missing)
    return LeadPage(found.leads + older.leads, older.next_before)


def _walk(cursor: Cursor, org_id: str, wanted: Wanted, limit: int) -> LeadPage:
    statuses = wanted.statuses or tuple(CaptureStatus)
    found: list[Lead] = []
    reached = ""
    if CaptureStatus.RECORDED in statuses:
        found, reached = _recorded(cursor, org_id, wanted, limit + 1)
    if aside := [status for status in _SET_ASIDE if status in statuses]:
        # No further back than the first walk: what is older would be left out.
        bounded = wanted._replace(after=max(wanted.after, reached))
        others, also_reached = _set_aside(cursor, org_id, aside, bounded, limit + 1)
        found += others
        reached = max(reached, also_reached)
    # What is older than the place that both walks have reached is for the next page.
    ordered = sorted((lead for lead in found if lead.ulid >= reached), key=lambda lead: lead.ulid)
    leads = ordered[::-1]
    if len(leads) > limit:
        return LeadPage(leads[:limit], leads[limit - 1].ulid)
    return LeadPage(leads, reached or None)


def _by_words(cursor: Cursor, org_id: str, wanted: Wanted, limit: int) -> LeadPage:
    """Leads with words that begin so; at the end of the index, where it ends."""
    before = f"cap_{wanted.before}"
    ids = capture_words.find(cursor, org_id, wanted.words, before, limit + 1)
    found = _by_ids(cursor, org_id, wanted, ids[:limit])
    if len(ids) > limit:
        return LeadPage(found, ulid_of(ids[limit - 1]))
    oldest = capture_words.oldest_ulid(now())
    return LeadPage(found, oldest if max(oldest, wanted.after) < wanted.before else None)


def _of_contacts(cursor: Cursor, org_id: str, wanted: Wanted, limit: int) -> LeadPage:
    """Leads that were answered with one of these ids, whatever became of them since."""
    bounds = {"first": f"cap_{wanted.after}", "last": f"cap_{wanted.before}", "limit": limit + 1}
    kinds = {"contact_id": wanted.contact_ids}
    ids = [row.id for row in walk(cursor, Captures, StoredCapture, kinds, bounds, descending=True)]
    leads = _by_ids(cursor, org_id, wanted, ids[:limit])
    return LeadPage(leads, ulid_of(ids[limit - 1]) if len(ids) > limit else None)


def _by_ids(cursor: Cursor, org_id: str, wanted: Wanted, ids: Sequence[str]) -> list[Lead]:
    cursor.execute(_BY_IDS, {"org": org_id, "ids": list(ids)})
    return [lead for lead in (_lead(*row) for row in cursor) if _is_wanted(lead, wanted)]


_BY_IDS = f"""
SELECT {_COLUMNS}, e.contact_id, e.id, e.type, ct.stage
FROM captures c LEFT JOIN events e ON e.id = 'evt_' || substr(c.id, 5)
LEFT JOIN contacts ct ON ct.id = e.contact_id
WHERE c.id = ANY(%(ids)s) AND c.org_id = %(org)s ORDER BY c.id DESC
"""


def _is_wanted(lead: Lead, wanted: Wanted) -> bool:
    """Whether one from an index fits the other filters, too."""
    return (
        lead.ulid > wanted.after
        and (not wanted.statuses or lead.capture.status in wanted.statuses)
        and (not wanted.stage or lead.stage == wanted.stage)
        and _fits(lead.capture, wanted._replace(words=()))
    )


# The look-up is LATERAL and cannot become a join: whatever number of rows a plan expects, it goes
# by the primary key. What no filter asks for is looked up for the rows that are shown, only.
_RECORDED = f"""
WITH looked AS MATERIALIZED (
    SELECT id, type, contact_id FROM events
    WHERE org_id = %(org)s AND id > %(first)s AND id < %(last)s ORDER BY id DESC LIMIT %(look_at)s),
leads AS MATERIALIZED (
    SELECT c.*, looked.contact_id AS merged_into, looked.id AS event_id, looked.type
    FROM looked, LATERAL (
        SELECT {_COLUMNS} FROM captures c WHERE c.id = 'cap_' || substr(looked.id, 5) OFFSET 0) AS c
    WHERE c.org_id = %(org)s AND c.status = 'recorded'
        AND (%(source)s = '' OR c.payload ->> 'source' = %(source)s)
        AND (%(campaign)s = '' OR lower(c.payload -> 'metadata' ->> 'utm_campaign') = %(campaign)s)
        AND (%(form)s = '' OR c.payload ->> 'form' = %(form)s)
        AND (%(stage)s = ''
            OR %(stage)s = (SELECT stage FROM contacts WHERE id = looked.contact_id))
        AND NOT EXISTS (
            SELECT FROM unnest(%(words)s::text[]) AS word
            WHERE strpos(lower(c.payload::text), word) = 0)
    ORDER BY looked.id DESC LIMIT %(limit)s)
SELECT (SELECT count(*) FROM looked), (SELECT min(id) FROM looked), leads.*,
    (SELECT stage FROM contacts WHERE id = leads.merged_into)
FROM (SELECT) AS always LEFT JOIN leads ON true ORDER BY leads.event_id DESC
"""


def _recorded(cursor: Cursor, org_id: str, wanted: Wanted, limit: int) -> tuple[list[Lead], str]:
    """Recorded leads, and the ULID down to which was looked; "" if at all.

    In steps: most filters fill a page within the first few hundred.
    """
    leads: list[Lead] = []
    left = wanted.looks_at_max if wanted.is_filtered else max(_LOOKED_AT, 2 * limit)
    step, last = max(_LOOKED_AT, 2 * limit), f"evt_{wanted.before}"
    while left > 0:
        look_at = min(step, left)
        values = _values(org_id, wanted, last, look_at, limit - len(leads))
        cursor.execute(_RECORDED, values)
        rows = cursor.fetchall()
        leads += [_lead(*row[2:]) for row in rows if row[2] is not None]
        if len(leads) == limit:
            return leads, leads[-1].ulid
        count, reached = rows[0][:2]
        if count < look_at:
            return leads, ""
        left, step, last = left - look_at, 3 * step, reached
    return leads, ulid_of(last)


def _values(org_id: str, wanted: Wanted, last: str, look_at: int, limit: int) -> dict[str, object]:
    return {
        "org": org_id,
        "first": f"evt_{wanted.after}",
        "last": last,
        "look_at": look_at,
        "limit": limit,
        "source": wanted.source,
        "campaign": wanted.campaign.lower(),
        "form": wanted.form,
        "stage": wanted.stage,
        "words": list(wanted.words),
    }


def _lead(*row: object) -> Lead:
    *capture, contact_id, event_id, event_type, stage = row
    return Lead(StoredCapture(*capture), contact_id, event_id, event_type, stage)  # type: ignore[arg-type]


def _set_aside(
    cursor: Cursor, org_id: str, statuses: Sequence[str], wanted: Wanted, limit: int
) -> tuple[list[Lead], str]:
    if wanted.stage:
        return [], ""  # they have no contact
    look_at = wanted.looks_at_max if wanted.is_filtered else limit
    last = f"cap_{wanted.before}"
    rows = capture_lists.set_aside(
        cursor,
        org_id,
        statuses,
        last,
        look_at,
        newest_first=True,
        down_to=f"cap_{wanted.after}",
    )
    after = [row for row in rows if ulid_of(row.id) > wanted.after]
    reached = ulid_of(rows[-1].id) if len(rows) == look_at and len(after) == look_at else ""
    found = [Lead(row, row.contact_id) for row in after if _fits(row, wanted)][:limit]
    return found, max(reached, found[-1].ulid if len(found) == limit else "")


def _fits(row: StoredCapture, wanted: Wanted) -> bool:
    payload, text = row.payload, str(row.payload).lower()
    campaign = str(payload.get("metadata", {}).get("utm_campaign", "")).lower()
    return (
        (not wanted.source or payload.get("source") == wanted.source)
        and (not wanted.campaign or campaign == wanted.campaign.lower())
        and (not wanted.form or payload.get("form") == wanted.form)
        and all(word in text for word in wanted.words)
    )


def progress_of(cursor: Cursor, event_ids: Iterable[str]) -> dict[str, list[Progress]]:
    """How the deliveries of these events are doing."""
    cursor.execute(
        "SELECT event_id, status, count(*), max(settled_at) FROM deliveries"
        " WHERE event_id = ANY(%s) GROUP BY event_id, status ORDER BY event_id, status",
        (list(event_ids),),
    )
    found: dict[str, list[Progress]] = {}
    for event_id, *row in cursor.fetchall():
        found.setdefault(event_id, []).append(Progress(*row))
    return found
