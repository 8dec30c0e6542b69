"""Two months of captures, events, deliveries and attempts, all done, for what is about old rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from app.domain.system.partition import Span, days_of
from app.storage.database import drop_connection, open_database
from app.storage.retention import partitions
from app.storage.retention.partitions import HOT_TABLES
from scripts.commands.bench.dataset import event_data
from scripts.commands.bench.lead import body_of
from scripts.commands.sql import session

#: Days.
MONTH = 30

_FILL = """
WITH n AS (SELECT %(time)s || upper(lpad(to_hex(n), 16, '0')) AS u
    FROM generate_series(1, %(count)s) n),
c AS (INSERT INTO captures (id, org_id, contact_id, status, payload, client_address)
    SELECT 'cap_' || u, %(org)s, 'cont_' || u, 'recorded', %(payload)s, '192.0.2.1' FROM n),
e AS (INSERT INTO events (id, position, org_id, type, contact_id, sequence, occurred_at, data)
    SELECT 'evt_' || u, nextval('event_positions'), %(org)s, 'contact.created', 'cont_' || u, 1,
        %(at)s, %(data)s FROM n),
d AS (INSERT INTO deliveries (id, org_id, webhook_id, event_id, event_type, contact_id, sequence,
        status, attempts, created_at, settled_at)
    SELECT 'dlv_' || u, %(org)s, %(webhook)s, 'evt_' || u, 'contact.created', 'cont_' || u, 1,
        'succeeded', 1, %(at)s, %(at)s FROM n)
INSERT INTO attempts (delivery_id, number, id, started_at, status, address, timings,
    response_headers, response_body, result)
SELECT 'dlv_' || u, 1, 'att_' || u, %(at)s, 200, '192.0.2.1', '{"total_ms": 12}',
    '[["content-type", "application/json"]]', '{"ok": true}', 'succeeded' FROM n
"""


def _midnights(first: int, step: int = 1) -> Iterator[datetime]:
    """From that of `first` days ago up to yesterday's."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today - timedelta(days=days) for days in range(first, 0, -step))


def partition(url: str, days_past: int = MONTH) -> None:
    """Give empty tables the partitions that a retention of a month makes.

    `days_past`: how much older than a month the oldest rows are.
    """
    database, days = open_database(url), days_of(MONTH)
    # One ends a month ago: what is past its age is so in whole partitions.
    firsts = [*_midnights(MONTH + days * -(-days_past // days), days)]
    with session(url) as cursor:
        for table in HOT_TABLES:
            cursor.execute(f"DROP TABLE {table.name}_first")
    for table in HOT_TABLES:
        for first in firsts:
            partitions.make(database, table, Span(first, first + timedelta(days=days)))
    drop_connection(database)


def fill(url: str, webhook_id: str, a_day: int) -> None:
    """Fill the tables with so many events a day, each with all that belongs to it."""
    values = {
        **{"webhook": webhook_id, "org": "org_bench", "count": a_day, "data": event_data()},
        "payload": body_of("lead000000000000000@example.com").decode(),
    }
    with session(url) as cursor:
        for day in _midnights(2 * MONTH):
            late = day + timedelta(hours=23, minutes=59)
            time_part = Span(late, late).ulids[0]
            cursor.execute(_FILL, {**values, "time": time_part, "at": late})
        cursor.execute("VACUUM ANALYZE")
