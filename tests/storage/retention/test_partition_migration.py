"""Today's tables become partitioned ones while they are full and written to."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.ids import first_ulid_at, new_id
from app.domain.org.org import Org
from app.domain.times import now
from app.storage.database import Database, drop_connection, open_database, retrying, transaction
from app.storage.delivery import claims, deliveries, event_stream
from app.storage.delivery.claims import Wanted
from app.storage.migrate import MIGRATIONS, migrate
from app.storage.recording import record
from app.storage.retention.partitions import HOT_TABLES
from tests.factories import make_capture, make_org, make_webhook
from tests.partitioned import tables
from tests.statements import execute
from tests.storage.person.test_erasure import settled
from tests.waiting import eventually

ROWS = 20_000
PATIENCE_SECONDS = 60.0
#: A hundred times what it takes on a quiet machine.
WAITED_SECONDS_MAX = 10.0

FILL = """
WITH n AS (SELECT %(time)s || upper(lpad(to_hex(n), 16, '0')) AS u
    FROM generate_series(1, %(rows)s) n),
c AS (INSERT INTO captures (id, org_id, contact_id, status, payload)
    SELECT 'cap_' || u, %(org)s, 'cont_' || u, 'recorded', '{"email": "a@example.com"}' FROM n),
e AS (INSERT INTO events (id, org_id, type, contact_id, sequence, occurred_at, data)
    SELECT 'evt_' || u, %(org)s, 'contact.created', 'cont_' || u, 1, now(), '{}' FROM n),
d AS (INSERT INTO deliveries (id, org_id, webhook_id, event_id, event_type, status, attempts)
    SELECT 'dlv_' || u, %(org)s, %(webhook)s, 'evt_' || u, 'contact.created', 'succeeded', 1 FROM n)
INSERT INTO attempts (delivery_id, number, id, started_at, result)
SELECT 'dlv_' || u, 1, 'att_' || u, now(), 'succeeded' FROM n
"""


@pytest.fixture
def before(blank_database_url: str, tmp_path: Path) -> Iterator[Database]:
    """A database with everything but partitions, which today's code can write to."""
    for each in MIGRATIONS.glob("0*.py"):
        if not each.name.startswith("0013"):
            shutil.copy(each, tmp_path)
    migrate(blank_database_url, tmp_path)
    database = open_database(blank_database_url)
    yield database
    drop_connection(database)


@contextmanager
def repeating(url: str, work: Callable[[Database], None]) -> Iterator[list[float]]:
    """The work again and again in a thread of its own; the seconds that each took."""
    took: list[float] = []
    stopping = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        database = open_database(url, by_index=True)
        try:
            while not stopping.is_set():
                began_at = time.monotonic()
                retrying(lambda: work(database))
                took.append(time.monotonic() - began_at)
        except BaseException as error:
            failures.append(error)
        drop_connection(database)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield took
    finally:
        stopping.set()
        thread.join(PATIENCE_SECONDS)
    assert failures == []


def fill(database: Database, org: Org, webhook_id: str, rows: int) -> None:
    at = first_ulid_at(int(time.time() * 1000) - 86_400_000)[:10]
    values = {"time": at, "org": org.id, "webhook": webhook_id, "rows": rows}
    with transaction(database) as cursor:
        cursor.execute(FILL, values)


def counts(database: Database) -> list[int]:
    return [execute(database, f"SELECT count(*) FROM {table.name}")[0][0] for table in HOT_TABLES]


def files_of_tables(database: Database) -> set[int]:
    """The files of the hot tables with their rows, and of the indexes of these."""
    found = execute(
        database,
        "SELECT pg_relation_filenode(indexrelid), pg_relation_filenode(indrelid) FROM pg_index"
        " WHERE pg_relation_size(indrelid) > 500000 AND indrelid >= 16384",
    )
    return {file for row in found for file in row}


def test_full_tables_are_partitioned_under_load_and_nothing_waits_for_long(
    before: Database, blank_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    org = make_org(before)
    webhook = make_webhook(before, org)
    fill(before, org, webhook.id, ROWS)
    ((numbered,),) = execute(before, "SELECT max(number) FROM events")

    def write(database: Database) -> None:
        with transaction(database) as cursor:
            record(cursor, [make_capture(org, f"{new_id('x')}@example.com")], now())

    def deliver(database: Database) -> None:
        with transaction(database) as cursor:
            claimed = claims.claim(cursor, [Wanted(webhook.id, 8, 0, 30.0)], "worker")
        with transaction(database) as cursor:
            deliveries.settle(cursor, [settled(each, each.number) for each in claimed])

    def read(database: Database) -> None:
        with transaction(database) as cursor:
            event_stream.assign_positions(cursor, org.id)
        with transaction(database) as cursor:
            event_stream.read(cursor, org.id, 0, 50)

    files = files_of_tables(before)
    assert len(files) > 2 * len(HOT_TABLES)
    url = blank_database_url
    with repeating(url, write) as writes, repeating(url, deliver) as sends, repeating(url, read):
        eventually(lambda: min(len(writes), len(sends)) >= 20, PATIENCE_SECONDS)
        began_at = time.monotonic()
        assert migrate(url) == ["0013_partitions"]
        took = time.monotonic() - began_at
        seen = [len(writes), len(sends)]
        eventually(lambda: len(writes) >= seen[0] + 20, PATIENCE_SECONDS)
        eventually(lambda: len(sends) >= seen[1] + 20, PATIENCE_SECONDS)

    longest = max(*writes, *sends)
    with capsys.disabled():
        print(f"\n{ROWS:,} rows a table: {took:.2f} s; longest transaction {longest * 1000:.0f} ms")
    assert longest < WAITED_SECONDS_MAX
    assert files <= files_of_tables(before), "nothing large was written anew while others waited"
    assert counts(before)[:2] == [ROWS + len(writes)] * 2
    assert execute(before, "SELECT count(*) = count(DISTINCT number) FROM events") == [(True,)]
    assert execute(before, "SELECT max(number) > %s FROM events", numbered) == [(True,)]
    for table in HOT_TABLES:
        assert tables(before, table.name) == {f"{table.name}_first", f"{table.name}_default"}


@pytest.mark.all_only
def test_a_table_in_use_is_tried_again_and_those_before_it_are_done(
    before: Database, blank_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    migrating = threading.Thread(target=migrate, args=(blank_database_url,))
    with transaction(before) as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 0; SELECT FROM deliveries")
        migrating.start()
        eventually(lambda: "migration.waiting" in caplog.text)
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'p' ORDER BY 1")
        assert cursor.fetchall() == [("captures",), ("events",)]
    migrating.join(PATIENCE_SECONDS)

    assert len(tables(before, "deliveries")) == len(tables(before, "attempts")) == 2
    assert execute(before, "SELECT conname FROM pg_constraint WHERE conname LIKE '%%_bound'") == []


def test_a_row_of_a_wrong_clock_far_ahead_belongs_to_the_first_partition(
    before: Database, blank_database_url: str
) -> None:
    org = make_org(before)
    capture = make_capture(org)
    capture.id = f"cap_{first_ulid_at(int((time.time() + 90 * 86_400) * 1000))}"
    with transaction(before) as cursor:
        record(cursor, [capture], now())

    migrate(blank_database_url)

    assert execute(before, "SELECT tableoid::regclass::text FROM captures") == [("captures_first",)]
