"""The latest leads by the form that they came from, for the console.

Like the list of leads (lead_lists.py), this walks an org's events backwards by their index, and
what was set aside by its own: a bounded number of rows, whatever the tables hold.
"""

from __future__ import annotations

from datetime import datetime

from app.domain.capture.form_figures import FormLead
from app.domain.ids import first_ulid_at, time_of, ulid_of
from app.storage.capture import capture_lists
from app.storage.database import Cursor

#: Events, and leads that were set aside, that are looked at.
LOOKED_AT_MAX, _SET_ASIDE_MAX = 1000, 250

# The look-ups are LATERAL and cannot become joins: whatever a plan expects, they go by key.
_RECORDED = """
WITH looked AS MATERIALIZED (
    SELECT id, contact_id, form FROM events
    WHERE org_id = %(org)s AND id >= %(first)s ORDER BY id DESC LIMIT %(limit)s)
SELECT c.id, looked.form, c.referrer, (SELECT stage FROM contacts WHERE id = looked.contact_id)
FROM looked, LATERAL (
    SELECT id, referrer FROM captures
    WHERE id = 'cap_' || substr(looked.id, 5) AND org_id = %(org)s AND status = 'recorded'
    OFFSET 0) AS c
"""


def latest(cursor: Cursor, org_id: str, since: datetime) -> list[FormLead]:
    """The latest leads of an org since a time, in no order."""
    first = first_ulid_at(int(since.timestamp() * 1000))
    values = {"org": org_id, "first": f"evt_{first}", "limit": LOOKED_AT_MAX}
    cursor.execute(_RECORDED, values)
    found = [
        FormLead(time_of(capture_id), form, referrer, "recorded", stage)
        for capture_id, form, referrer, stage in cursor.fetchall()
    ]
    aside = capture_lists.set_aside(
        cursor, org_id, ("quarantined", "rejected"), None, _SET_ASIDE_MAX, newest_first=True
    )
    found += [
        FormLead(time_of(row.id), row.payload.get("form"), row.referrer, row.status, None)
        for row in aside
        if ulid_of(row.id) >= first
    ]
    return found
