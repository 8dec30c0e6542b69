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
from app.storage.lead.leads import COLUMNS, Lead, LeadPage, Wanted, fits, lead_of
from app.storage.lead.recorded_leads import recorded
from app.storage.lists import walk
from app.storage.models import Captures

_SET_ASIDE = (CaptureStatus.QUARANTINED.value, CaptureStatus.REJECTED.value)


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
        found, reached = recorded(cursor, org_id, wanted, limit + 1)
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
    return [lead for lead in (lead_of(*row) for row in cursor) if _is_wanted(lead, wanted)]


_BY_IDS = f"""
SELECT {COLUMNS}, e.contact_id, e.id, e.type, ct.stage
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
        and fits(lead.capture, wanted._replace(words=()))
    )


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
    found = [Lead(row, row.contact_id) for row in after if fits(row, wanted)][:limit]
    return found, max(reached, found[-1].ulid if len(found) == limit else "")


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
