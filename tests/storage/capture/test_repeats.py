"""Repeats that no stream knew of: PostgreSQL finds them, whatever is recorded first."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from app.domain.capture.capture import Capture
from app.domain.ids import first_ulid_at
from app.domain.org.org import Org
from app.storage.database import Database, open_database
from tests.factories import make_capture, make_org, make_webhook
from tests.storage.test_recording import record_all, rows

DAY, CLICK = timedelta(days=1), timedelta(seconds=10)
NOON_MS = 1_795_000_000_000


def sent(
    org: Org, at: timedelta, remembered: timedelta = DAY, said: str = "this", **fields: Any
) -> Capture:
    """A capture that came so long after noon."""
    capture = make_capture(org, identity=f"idem:{org.id}:{said}", **fields)
    capture.id = f"cap_{first_ulid_at(NOON_MS + at // timedelta(milliseconds=1))}"
    capture.identity_ms = remembered // timedelta(milliseconds=1)
    return capture


def recorded(database: Database) -> tuple[int, int, int]:
    """How many captures, events and deliveries there are."""
    counts = "SELECT (SELECT count(*) FROM captures), (SELECT count(*) FROM events)"
    (found,) = rows(database, counts + ", (SELECT count(*) FROM deliveries)")
    return found


@pytest.mark.parametrize(
    ("first", "again", "captures"),
    [
        ((timedelta(0), DAY), (DAY - CLICK, DAY), 1),
        ((timedelta(0), DAY), (DAY + CLICK, DAY), 2),
        ((timedelta(0), CLICK), (CLICK, CLICK), 1),
        ((timedelta(0), CLICK), (2 * CLICK, CLICK), 2),
        ((timedelta(0), DAY), (CLICK, DAY, "that"), 2),
    ],
    ids=["a day", "more than a day", "a double click", "two clicks", "another body"],
)
@pytest.mark.parametrize("order", ["first", "later first", "together"])
def test_a_repeat_is_one_capture_one_event_and_one_delivery(
    database: Database, first: Any, again: Any, captures: int, order: str
) -> None:
    org = make_org(database)
    make_webhook(database, org)
    both = [sent(org, *first), sent(org, *again)]
    batches: list[Sequence[Capture]] = [both] if order == "together" else [[one] for one in both]
    for batch in reversed(batches) if order == "later first" else batches:
        record_all(database, batch)
    for batch in batches:  # jobs come twice
        record_all(database, batch)

    assert recorded(database) == (captures, captures, captures)


def test_without_an_identity_and_for_another_contact_nothing_is_a_repeat(
    database: Database,
) -> None:
    org = make_org(database)
    captures = [
        make_capture(org),
        make_capture(org),
        sent(org, CLICK),
        sent(org, CLICK / 2, email="bob@example.com"),
    ]
    for capture in captures:
        record_all(database, [capture])
    assert recorded(database) == (4, 4, 0)


def test_two_workers_that_record_a_repeat_at_the_same_time_record_it_once(
    database: Database, database_url: str
) -> None:
    org = make_org(database)
    for number in range(10):
        at, email = number * DAY, f"{number}@example.com"
        pair = [sent(org, at, email=email), sent(org, at + CLICK, email=email)]
        barrier = threading.Barrier(2)

        def work(capture: Capture, barrier: threading.Barrier = barrier) -> None:
            own = open_database(database_url)
            barrier.wait()
            record_all(own, [capture])
            own.close()

        threads = [threading.Thread(target=work, args=[capture]) for capture in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert recorded(database) == (10, 10, 0)
