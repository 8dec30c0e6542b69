"""Recorded leads, walked backwards along the index of their org's events."""

from __future__ import annotations

from app.domain.ids import ulid_of
from app.storage.capture import capture_words
from app.storage.database import Cursor
from app.storage.lead.leads import COLUMNS, Lead, Wanted, lead_of

#: Rows that one page without a filter looks at: edits have events, too.
_LOOKED_AT = 500

# The look-up is LATERAL and cannot become a join: whatever number of rows a plan expects, it goes
# by the primary key. What no filter asks for is looked up for the rows that are shown, only.
_RECORDED = f"""
WITH looked AS MATERIALIZED (
    SELECT id, type, contact_id FROM events
    WHERE org_id = %(org)s AND id > %(first)s AND id < %(last)s ORDER BY id DESC LIMIT %(look_at)s),
leads AS MATERIALIZED (
    SELECT c.*, looked.contact_id AS merged_into, looked.id AS event_id, looked.type
    FROM looked, LATERAL (
        SELECT {COLUMNS} FROM captures c WHERE c.id = 'cap_' || substr(looked.id, 5) OFFSET 0) AS c
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


def recorded(cursor: Cursor, org_id: str, wanted: Wanted, limit: int) -> tuple[list[Lead], str]:
    """Recorded leads, and the ULID down to which was looked; "" if at all.

    In steps: most filters fill a page within the first few hundred. With words, it ends where they
    are indexed.
    """
    leads: list[Lead] = []
    left = wanted.looks_at_max if wanted.is_filtered else max(_LOOKED_AT, 2 * limit)
    step, last = 2 * limit if wanted.words else max(_LOOKED_AT, 2 * limit), f"evt_{wanted.before}"
    while left > 0:
        look_at = min(step, left)
        values = _values(org_id, wanted, last, look_at, limit - len(leads))
        cursor.execute(_RECORDED, values)
        rows = cursor.fetchall()
        leads += [lead_of(*row[2:]) for row in rows if row[2] is not None]
        if len(leads) == limit:
            return leads, leads[-1].ulid
        count, reached = rows[0][:2]
        if count < look_at:
            return leads, ""
        left, step, last = left - look_at, 3 * step, reached
        if wanted.words and capture_words.has(cursor, f"cap_{ulid_of(last)}"):
            break
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
