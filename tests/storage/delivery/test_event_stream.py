"""The stream of events: each exactly once, in order per contact, whatever commits when."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.ids import new_id
from app.domain.org.org import Org
from app.domain.times import now
from app.domain.webhook.event import Event
from app.storage.database import (
    Cursor,
    Database,
    TransactionConflict,
    drop_connection,
    open_database,
    transaction,
)
from app.storage.delivery import event_stream
from app.storage.delivery.event_stream import Positioned
from app.storage.delivery.events import publish
from app.storage.recording import record
from tests.factories import make_capture, make_org

WRITERS = 8
POLLERS = 3
CAPTURES_PER_WRITER = 60
CONTACTS = 12


class _RolledBackError(Exception):
    pass


def write(database_url: str, org: Org, seed: int) -> None:
    """Record captures one by one; hold some transactions open, roll some back."""
    chance = random.Random(seed)
    database = open_database(database_url)
    pause = threading.Event()
    for _ in range(CAPTURES_PER_WRITER):
        capture = make_capture(org, f"c{chance.randrange(CONTACTS)}@example.com")
        try:
            with transaction(database) as cursor:
                record(cursor, [capture], now())
                pause.wait(chance.choice((0, 0, 0.002, 0.02)))
                if chance.random() < 0.2:
                    raise _RolledBackError
        except (_RolledBackError, TransactionConflict):
            continue
    drop_connection(database)


def follow(
    database: Database, org: Org, after: int, types: list[str] | None
) -> tuple[list[Positioned], int]:
    """Read a page as the endpoint does."""
    with transaction(database) as cursor:
        event_stream.assign_positions(cursor, org.id)
    with transaction(database) as cursor:
        if types is None:
            stretch = event_stream.read(cursor, org.id, after, 7)
        else:
            stretch = event_stream.read_filtered(cursor, org.id, after, types, None, 7)
    return stretch.events, stretch.reached


def poll(
    database_url: str, org: Org, types: list[str] | None, written: threading.Event
) -> list[str]:
    """Follow the stream until all is written and read; the ids of what was seen."""
    database = open_database(database_url)
    seen: list[str] = []
    after = 0
    while True:
        last_round = written.is_set()
        events, after = follow(database, org, after, types)
        seen += [event.id for event in events]
        if last_round and not events:
            break
    drop_connection(database)
    return seen


@pytest.mark.parametrize(
    "types",
    [
        pytest.param(None, marks=pytest.mark.all_only),
        ["contact.created", "contact.updated"],
    ],
)
def test_pollers_see_each_event_once_and_in_order_per_contact(
    database: Database, database_url: str, types: list[str] | None
) -> None:
    org = make_org(database)
    written = threading.Event()
    with ThreadPoolExecutor(WRITERS + POLLERS) as threads:
        pollers = [threads.submit(poll, database_url, org, types, written) for _ in range(POLLERS)]
        writers = [threads.submit(write, database_url, org, seed) for seed in range(WRITERS)]
        try:
            for writer in writers:
                writer.result()
        finally:
            written.set()
        streams = [poller.result() for poller in pollers]
    with transaction(database) as cursor:
        cursor.execute("SELECT id, contact_id, sequence FROM events")
        stored = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
    assert len(stored) > WRITERS * CAPTURES_PER_WRITER / 2
    for seen in streams:
        assert sorted(seen) == sorted(stored)
        sequences = defaultdict(list)
        for event_id in seen:
            contact_id, sequence = stored[event_id]
            sequences[contact_id].append(sequence)
        for numbers in sequences.values():
            assert numbers == list(range(1, len(numbers) + 1))


def test_an_event_that_commits_late_comes_after_what_was_read(
    database: Database, database_url: str
) -> None:
    org = make_org(database)
    other = open_database(database_url)
    with transaction(other) as late:
        publish(late, [event_of(org)])
        with transaction(database) as cursor:
            publish(cursor, [event_of(org)])
        events, after = follow(database, org, 0, None)
        assert len(events) == 1
    drop_connection(other)
    events, _ = follow(database, org, after, None)
    assert len(events) == 1


def test_a_filter_moves_the_cursor_past_what_it_hides(database: Database) -> None:
    org = make_org(database)
    with transaction(database) as cursor:
        publish(cursor, [event_of(org) for _ in range(30)])
    events, after = follow(database, org, 0, ["contact.created"])
    assert (events, after) == ([], last_position(database))


def test_orgs_do_not_share_a_stream(database: Database) -> None:
    one, other = make_org(database, "one"), make_org(database, "other")
    with transaction(database) as cursor:
        publish(cursor, [event_of(one), event_of(other)])
    assert len(follow(database, one, 0, None)[0]) == 1


def event_of(org: Org) -> Event:
    return Event(new_id("evt"), org.id, "ping", now(), "{}")


def last_position(database: Database) -> int:
    with transaction(database) as cursor:
        return _scalar(cursor, "SELECT max(position) FROM events")


def _scalar(cursor: Cursor, statement: str) -> int:
    cursor.execute(statement)
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])
