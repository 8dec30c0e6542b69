"""Which deliveries are due: the beginnings of the statements that claim them (claims.py).

Each names its rows `due` (id, event_id, lease_seconds) and locks them, without waiting for those
that another process has locked.
"""

from __future__ import annotations

#: Deliveries that an ordered claim looks at before it looks at every contact.
LOOKED_AT_IN_ORDER = 100

DUE = "d.webhook_id = %(webhook_id)s AND d.status = 'pending' AND d.next_attempt_at <= now()"


def _picked(which: str, bounds: str) -> str:
    """Due deliveries of the webhook `w`, the longest due first; an index leads to each kind."""
    return f"""SELECT * FROM (
    SELECT d.id, d.event_id FROM deliveries d
    WHERE d.webhook_id = w.webhook_id AND d.status = 'pending' AND {which}
        AND d.next_attempt_at <= now() AND open_range(d.event_id)
    ORDER BY d.next_attempt_at {bounds} FOR UPDATE SKIP LOCKED) found"""


_PUT_OFF = "d.deferrals = 1"
_FIRSTS = "d.failures = 0 AND d.deferrals = 0"
_RETRIES = "d.deferrals <> 1 AND (d.failures > 0 OR d.deferrals > 1)"

# What the receiver has put off once goes first: its rest is just over, so it is let in now, and
# nobody is put off again and again by those who come after. Then come the retries' share, first
# attempts, and other retries.
LONGEST_DUE = f"""
WITH wanted AS (
    SELECT * FROM json_to_recordset(%(rows)s)
        AS w (webhook_id text, most integer, retries integer, lease_seconds float8)),
due AS (
    SELECT picked.id, picked.event_id, w.lease_seconds FROM wanted w, LATERAL (
        {_picked(_PUT_OFF, "LIMIT w.most")} UNION ALL
        {_picked(_RETRIES, "LIMIT w.retries")} UNION ALL
        {_picked(_FIRSTS, "LIMIT w.most")} UNION ALL
        {_picked(_RETRIES, "LIMIT w.most OFFSET w.retries")} LIMIT w.most) picked)
"""

# Those due that are the first open one of their contact, among the longest due. In a backlog of
# blocked ones it may find none: then `HEADS` looks. The first one is asked for by a subquery, and
# not by its absence, because the planner would make a join of that.
FIRST_OF_CONTACT = f"""
WITH longest_due AS (
    SELECT d.id, d.contact_id, d.next_attempt_at FROM deliveries d WHERE {DUE}
    ORDER BY d.next_attempt_at LIMIT {LOOKED_AT_IN_ORDER}),
due AS (
    SELECT d.id, d.event_id, %(lease)s::float8 AS lease_seconds
    FROM longest_due l JOIN deliveries d ON d.id = l.id
    WHERE d.status = 'pending' AND (l.contact_id IS NULL OR l.id = (
        SELECT first.id FROM deliveries first
        WHERE first.webhook_id = %(webhook_id)s AND first.contact_id = l.contact_id
            AND first.status IN ('pending', 'attempting')
        ORDER BY first.sequence LIMIT 1))
    ORDER BY l.next_attempt_at LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED)
"""

# The first open delivery of each contact, by a hop from contact to contact: its cost is the number
# of contacts, whatever their backlog.
HEADS = """
WITH RECURSIVE head AS (
    (SELECT d.contact_id, d.id FROM deliveries d
     WHERE d.webhook_id = %(webhook_id)s AND d.status IN ('pending', 'attempting')
         AND d.contact_id IS NOT NULL
     ORDER BY d.contact_id, d.sequence LIMIT 1)
    UNION ALL
    SELECT next.contact_id, next.id FROM head, LATERAL (
        SELECT d.contact_id, d.id FROM deliveries d
        WHERE d.webhook_id = %(webhook_id)s AND d.status IN ('pending', 'attempting')
            AND d.contact_id > head.contact_id
        ORDER BY d.contact_id, d.sequence LIMIT 1) next),
candidate AS (
    SELECT id FROM head
    UNION ALL
    SELECT d.id FROM deliveries d
    WHERE d.webhook_id = %(webhook_id)s AND d.status IN ('pending', 'attempting')
        AND d.contact_id IS NULL),
due AS (
    SELECT d.id, d.event_id, %(lease)s::float8 AS lease_seconds
    FROM candidate JOIN deliveries d ON d.id = candidate.id
    WHERE d.status = 'pending' AND d.next_attempt_at <= now()
    ORDER BY d.next_attempt_at LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED)
"""
