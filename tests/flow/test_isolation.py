"""One endpoint hangs and takes half of all deliveries; nobody else notices."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from scripts.client import Rex
from scripts.receiver import Reply
from scripts.system.whole import WholeSystem
from tests.flow.strangers import Stranger
from tests.flow.systems import query, record_all, running_system, webhook_to
from tests.waiting import eventually

HEALTHY = 9
CONTACTS = 40
#: Each contact is created once, for all ten, and updated so often for the one that hangs.
UPDATES = 8
TOTAL_SECONDS = 2.0
#: Deliveries that a dead endpoint has waiting: a real backlog may be a hundred times as long.
BACKLOG = 60_000


@pytest.fixture(scope="module")
def system() -> Iterator[WholeSystem]:
    settings = {
        "DELIVERY_TOTAL_SECONDS": str(TOTAL_SECONDS),
        "DELIVERY_CONNECT_SECONDS": "1",
        "RETRY_CAP_SECONDS": "2",
    }
    with running_system(**settings) as whole:
        yield whole


@pytest.fixture
def rex(system: WholeSystem) -> Rex:
    return Rex(system.base_url, system.api_key)


class Hanging:
    """Answers nothing until it is well again."""

    def __init__(self) -> None:
        self.well = threading.Event()

    def __call__(self, event: dict[str, Any]) -> Reply:
        hangs = not self.well.is_set()
        self.well.wait(30)
        return Reply(500) if hangs else Reply()


def in_flight(system: WholeSystem, webhook_id: str) -> int:
    (row,) = query(
        system,
        "SELECT count(*) FROM deliveries WHERE webhook_id = %s AND status = 'attempting'",
        webhook_id,
    )
    return int(row[0])


def test_nine_healthy_endpoints_get_everything_while_the_tenth_hangs_and_then_it_catches_up(
    rex: Rex, system: WholeSystem
) -> None:
    hanging = Hanging()
    with ExitStack() as opened:
        dead = opened.enter_context(Stranger(hanging))
        opened.callback(hanging.well.set)
        dead_id = opened.enter_context(webhook_to(rex, dead.url, events=["contact.*"]))
        healthy = [opened.enter_context(Stranger()) for _ in range(HEALTHY)]
        for each in healthy:
            opened.enter_context(webhook_to(rex, each.url, events=["contact.created"]))

        for _ in range(UPDATES + 1):
            record_all(system, [f"isolated{n}@example.com" for n in range(CONTACTS)])
            assert in_flight(system, dead_id) <= system.settings.webhook_concurrency_max
        for each in healthy:
            each.wait_for(CONTACTS, 30)
        assert dead.accepted == []

        # Time-outs have narrowed it to one probe at a time, with pauses between.
        eventually(lambda: in_flight(system, dead_id) <= 1)
        for _ in range(20):
            assert in_flight(system, dead_id) <= 1
            time.sleep(0.05)  # watched for a second

        hanging.well.set()
        dead.wait_for(CONTACTS * (UPDATES + 1), 60)

    assert len({each.delivery_id for each in dead.accepted}) == CONTACTS * (UPDATES + 1)
    for each in healthy:
        assert len(each.arrivals) == CONTACTS


def test_a_dead_endpoints_backlog_costs_the_others_neither_time_nor_memory(
    rex: Rex, system: WholeSystem
) -> None:
    hanging = Hanging()
    with ExitStack() as opened:
        dead = opened.enter_context(Stranger(hanging))
        opened.callback(hanging.well.set)
        dead_id = opened.enter_context(webhook_to(rex, dead.url, events=["ping"]))
        lively = opened.enter_context(Stranger())
        lively_id = opened.enter_context(webhook_to(rex, lively.url, events=["contact.deleted"]))

        owe(system, lively_id, 0, 600)
        alone = seconds_for(lively, 500)
        lively.wait_for(600, 60)
        before = worker_kib(system)
        owe(system, dead_id, 600, BACKLOG)
        eventually(lambda: in_flight(system, dead_id) > 0)
        owe(system, lively_id, 600 + BACKLOG, 600)
        beside = seconds_for(lively, 1100)

        # Behind the others' time-outs it would take minutes; a machine may be held up for seconds.
        assert beside < 3 * alone + 5
        assert worker_kib(system) - before < 20 * 1024
        assert in_flight(system, dead_id) <= system.settings.webhook_concurrency_max
        assert dead.accepted == []


def owe(system: WholeSystem, webhook_id: str, first: int, count: int) -> None:
    """Events and deliveries as if recorded, due now; the scheduler finds them."""
    numbers = f"generate_series({first + 1}, {first + count}) AS n"
    query(
        system,
        "INSERT INTO events (id, org_id, type, occurred_at, data)"
        " SELECT 'evt_' || lpad(n::text, 26, '0'), w.org_id, 'ping', now(),"
        " json_build_object('id', n, 'sequence', n)"
        f" FROM webhooks w, {numbers} WHERE w.id = %s",
        webhook_id,
    )
    query(
        system,
        "INSERT INTO deliveries"
        " (id, org_id, webhook_id, event_id, event_type, status, next_attempt_at)"
        " SELECT 'dlv_' || lpad(n::text, 26, '0'), w.org_id, w.id,"
        " 'evt_' || lpad(n::text, 26, '0'), 'ping', 'pending', now()"
        f" FROM webhooks w, {numbers} WHERE w.id = %s",
        webhook_id,
    )


def seconds_for(stranger: Stranger, accepted: int) -> float:
    """How long it takes from the first new arrival until so many were accepted."""
    already = len(stranger.accepted)
    stranger.wait_for(accepted, 60)
    arrivals = stranger.accepted
    return arrivals[accepted - 1].answered_at - arrivals[already].at


def worker_kib(system: WholeSystem) -> int:
    """Memory of the processes that deliver."""
    (parent,) = [
        child.pid for name, child in system.processes.children.items() if name == "deliveries"
    ]
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True)
    rows = [[int(part) for part in line.split()] for line in listed.stdout.splitlines()]
    return sum(kib for pid, ppid, kib in rows if parent in (pid, ppid))
