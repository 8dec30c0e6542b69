"""Replays: durable jobs that make a webhook's past events due again, a step at a time.

A step goes through some events in the order of their ids (for `only_failed`: through failed
deliveries in the order of theirs) and remembers how far it came in the same transaction, so a job
that is cut off goes on where it was. An event has one delivery per webhook, replayed or not: one
that is settled is opened again, one that is under way is left alone, a missing one is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from app.domain.event import EVENT_TYPES, PING
from app.domain.ids import first_ulid_at, new_id
from app.domain.webhook import subscribes
from app.storage.database import Cursor
from app.storage.rows import as_json

_MILLISECONDS_MAX = 2**48 - 1
_BEFORE_ALL = ""


class ReplayStatus(StrEnum):
    """Where a replay is."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Replay(msgspec.Struct):
    """A replay as stored. `types` None: whatever the webhook subscribes to."""

    id: str
    org_id: str
    webhook_id: str
    since: datetime | None
    #: Events that are made later than this are delivered anyway.
    until: datetime
    types: list[str] | None
    only_failed: bool
    status: ReplayStatus
    #: Events to go through, counted at the start.
    total: int
    #: Events gone through.
    done: int
    #: The id of the last one.
    reached: str | None
    created_at: datetime
    updated_at: datetime


_COLUMNS = tuple(Replay.__struct_fields__)
_COLUMN_LIST = ", ".join(_COLUMNS)

_WINDOW = """
    e.org_id = %(org)s AND e.id >= %(first)s AND e.id < %(last)s AND e.type = ANY(%(types)s)
"""
_FAILED = """
    d.webhook_id = %(webhook)s AND d.status = 'failed'
    AND d.event_id >= %(first)s AND d.event_id < %(last)s AND d.event_type = ANY(%(types)s)
"""
_COUNT = f"SELECT count(*) FROM events e WHERE {_WINDOW}"
_COUNT_FAILED = f"SELECT count(*) FROM deliveries d WHERE {_FAILED}"

_NEXT = f"""
SELECT e.id, e.type, e.contact_id, e.sequence,
    e.type LIKE 'webhook.%%' AND e.data->>'webhook_id' = %(webhook)s
FROM events e WHERE {_WINDOW} AND e.id > %(reached)s ORDER BY e.id LIMIT %(limit)s
"""
_NEXT_FAILED = f"""
SELECT d.id FROM deliveries d WHERE {_FAILED} AND d.id > %(reached)s ORDER BY d.id LIMIT %(limit)s
"""

_REOPEN = """
UPDATE deliveries SET status = 'pending', next_attempt_at = now(), failures = 0, deferrals = 0,
    reopened_at = now(), settled_at = NULL
WHERE {which} AND status IN ('succeeded', 'failed', 'cancelled')
"""
_REOPEN_OF_EVENTS = _REOPEN.format(which="event_id = ANY(%(events)s) AND webhook_id = %(webhook)s")
_REOPEN_DELIVERIES = _REOPEN.format(which="id = ANY(%(deliveries)s)")

_CREATE_MISSING = """
INSERT INTO deliveries
    (id, org_id, webhook_id, event_id, event_type, contact_id, sequence, status, next_attempt_at)
SELECT id, org_id, webhook_id, event_id, event_type, contact_id, sequence, 'pending', now()
FROM json_to_recordset(%s) AS new (
    id text, org_id text, webhook_id text, event_id text, event_type text, contact_id text,
    sequence integer)
ON CONFLICT (event_id, webhook_id) DO NOTHING
"""

_COUNT_DUE = """
SELECT count(*) FROM (
    SELECT FROM deliveries
    WHERE webhook_id = %s AND status = 'pending' AND next_attempt_at <= now() LIMIT %s) AS due
"""


def insert(cursor: Cursor, replay: Replay) -> None:
    """Store a new replay; it runs from now on."""
    names = ", ".join(f"%({name})s" for name in _COLUMNS)
    cursor.execute(
        f"INSERT INTO replays ({_COLUMN_LIST}) VALUES ({names})",
        {name: getattr(replay, name) for name in _COLUMNS},
    )


def find(cursor: Cursor, org_id: str, replay_id: str) -> Replay | None:
    """An org's replay."""
    cursor.execute(
        f"SELECT {_COLUMN_LIST} FROM replays WHERE org_id = %s AND id = %s", (org_id, replay_id)
    )
    row = cursor.fetchone()
    return Replay(*row) if row else None


def cancel(cursor: Cursor, org_id: str, replay_id: str) -> bool:
    """Stop a replay that runs; False when it does not. What it opened already stays open."""
    cursor.execute(
        "UPDATE replays SET status = 'cancelled', updated_at = now()"
        " WHERE org_id = %s AND id = %s AND status = 'running'",
        (org_id, replay_id),
    )
    return cursor.rowcount == 1


def running(cursor: Cursor) -> list[tuple[str, str]]:
    """Every replay that runs and its webhook, the oldest first."""
    cursor.execute("SELECT id, webhook_id FROM replays WHERE status = 'running' ORDER BY id")
    return list(cursor.fetchall())


def lock_running(cursor: Cursor, replay_id: str) -> tuple[Replay, list[str]] | None:
    """A replay that runs, and what its webhook subscribes to now.

    None when it has ended or another clock is at it. A deleted webhook subscribes to nothing.
    """
    cursor.execute(
        f"SELECT {', '.join('r.' + name for name in _COLUMNS)},"
        " CASE WHEN w.status <> 'deleted' THEN w.events ELSE '{}' END"
        " FROM replays r JOIN webhooks w ON w.id = r.webhook_id"
        " WHERE r.id = %s AND r.status = 'running' FOR UPDATE OF r SKIP LOCKED",
        (replay_id,),
    )
    row = cursor.fetchone()
    return (Replay(*row[:-1]), row[-1]) if row else None


def count_due(cursor: Cursor, webhook_id: str, most: int) -> int:
    """How many deliveries of a webhook wait to be sent now, counted up to `most`."""
    cursor.execute(_COUNT_DUE, (webhook_id, most))
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def count(cursor: Cursor, replay: Replay, subscribed: Sequence[str]) -> int:
    """How many events a replay would go through."""
    statement = _COUNT_FAILED if replay.only_failed else _COUNT
    cursor.execute(statement, _bounds(replay, subscribed))
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def step(cursor: Cursor, replay: Replay, subscribed: Sequence[str], limit: int) -> int:
    """Go through up to `limit` more events of a locked replay; how many deliveries are due by it.

    When none is left, the replay is done.
    """
    bounds = _bounds(replay, subscribed)
    bounds |= {"reached": replay.reached or _BEFORE_ALL, "limit": limit}
    cursor.execute(_NEXT_FAILED if replay.only_failed else _NEXT, bounds)
    rows = cursor.fetchall()
    opened = 0
    if rows:
        opened = _reopen_failed(cursor, rows) if replay.only_failed else _open(cursor, replay, rows)
    status = ReplayStatus.RUNNING if len(rows) == limit else ReplayStatus.DONE
    cursor.execute(
        "UPDATE replays SET done = done + %s, reached = COALESCE(%s, reached), status = %s,"
        " updated_at = now() WHERE id = %s",
        (len(rows), rows[-1][0] if rows else None, status, replay.id),
    )
    return opened


def replayed_types(replay: Replay, subscribed: Sequence[str]) -> list[str]:
    """The event types of a replay: what the webhook subscribes to now, but no pings."""
    return [
        event_type
        for event_type in EVENT_TYPES
        if event_type != PING
        and subscribes(subscribed, event_type)
        and (replay.types is None or event_type in replay.types)
    ]


def _bounds(replay: Replay, subscribed: Sequence[str]) -> dict[str, object]:
    return {
        "org": replay.org_id,
        "webhook": replay.webhook_id,
        "types": replayed_types(replay, subscribed),
        "first": _first_id_at(replay.since) if replay.since else _BEFORE_ALL,
        "last": _first_id_at(replay.until),
    }


def _first_id_at(moment: datetime) -> str:
    milliseconds = min(max(0, round(moment.timestamp() * 1000)), _MILLISECONDS_MAX)
    return "evt_" + first_ulid_at(milliseconds)


def _reopen_failed(cursor: Cursor, rows: Sequence[tuple[str]]) -> int:
    cursor.execute(_REOPEN_DELIVERIES, {"deliveries": [row[0] for row in rows]})
    return cursor.rowcount


def _open(
    cursor: Cursor, replay: Replay, rows: Sequence[tuple[str, str, str | None, int | None, bool]]
) -> int:
    events = [event_id for event_id, *_ in rows]
    cursor.execute(_REOPEN_OF_EVENTS, {"events": events, "webhook": replay.webhook_id})
    opened = cursor.rowcount
    # An event about the webhook itself was never for it.
    missing = [
        {
            "id": new_id("dlv"),
            "org_id": replay.org_id,
            "webhook_id": replay.webhook_id,
            "event_id": event_id,
            "event_type": event_type,
            "contact_id": contact_id,
            "sequence": sequence,
        }
        for event_id, event_type, contact_id, sequence, own in rows
        if not own
    ]
    cursor.execute(_CREATE_MISSING, (as_json(missing),))
    return opened + cursor.rowcount
