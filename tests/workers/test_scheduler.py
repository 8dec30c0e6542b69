"""The scheduler does each task in its time, whatever becomes of the others."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

import pytest

from app.domain.errors import QueueUnavailable, StorageUnavailable, Unavailable
from app.queue.broker import StreamsBroker
from app.queue.jobs import CAPTURES, DELIVERIES, KEYS
from app.storage.database import Database, open_database
from app.storage.migrate import migrate
from config.settings import Settings
from scripts.system.embedded import Embedded
from tests.factories import make_org, make_webhook
from tests.statements import execute
from tests.waiting import eventually
from tests.workers.outcomes import CONFIG, owe, settle_and_claim
from workers import maintenance
from workers.completer import Completer
from workers.maintenance import MaintenanceTasks
from workers.scheduler import PeriodicTask, Scheduler, prompt_tasks


@pytest.fixture
def broker(redis_url: str) -> Iterator[StreamsBroker]:
    broker = StreamsBroker(redis_url, threads=1)
    broker.declare_queue(CAPTURES)
    broker.declare_queue(DELIVERIES)
    yield broker
    broker.close()


@pytest.mark.parametrize("error", [StorageUnavailable, QueueUnavailable])
def test_a_task_that_fails_is_done_again_and_does_not_stop_the_others(
    caplog: pytest.LogCaptureFixture, error: type[Unavailable]
) -> None:
    stopping = threading.Event()
    done: list[str] = []

    def fail() -> None:
        done.append("failing")
        raise error

    def work() -> None:
        done.append("working")
        if done.count("working") == 3:
            stopping.set()

    Scheduler(
        [PeriodicTask("failing", 0.0, fail), PeriodicTask("working", 0.0, work)], stopping
    ).run()

    assert done.count("failing") == 3
    assert caplog.records == []


def test_an_outage_of_postgresql_is_one_line_of_the_whole_scheduler(
    own_embedded: Embedded, caplog: pytest.LogCaptureFixture
) -> None:
    """However many tasks fail, and whatever those do that have nothing to ask it meanwhile."""
    caplog.set_level(logging.INFO)
    migrate(own_embedded.database_url)
    caplog.clear()
    database = open_database(own_embedded.database_url)
    broker = StreamsBroker(own_embedded.redis_url, threads=1)
    broker.declare_queue(DELIVERIES)
    broker.declare_queue(CAPTURES)
    stopping = threading.Event()
    settings = Settings(own_embedded.database_url, own_embedded.redis_url, b"")
    tasks = prompt_tasks(settings, database, broker)
    scheduler = threading.Thread(target=Scheduler(tasks, stopping).run)
    own_embedded.postgres.kill()
    scheduler.start()
    try:
        eventually(lambda: "database.unreachable" in caplog.text)
        stopping.wait(3)  # long enough for every task to fail several times
        own_embedded.postgres.start()
        eventually(lambda: "database.reachable" in caplog.text)
    finally:
        stopping.set()
        scheduler.join(30)
        broker.close()

    told = [record.message for record in caplog.records]
    assert told == ["database.unreachable", "database.reachable"]


def test_a_task_is_not_done_before_its_interval_is_over() -> None:
    stopping = threading.Event()
    done: list[str] = []

    def often() -> None:
        done.append("often")
        if done.count("often") == 5:
            stopping.set()

    Scheduler(
        [
            PeriodicTask("rare", 60.0, lambda: done.append("rare")),
            PeriodicTask("often", 0.0, often),
        ],
        stopping,
    ).run()

    assert done.count("rare") == 1


def test_leases_of_a_process_whose_heartbeat_stopped_end_and_those_of_a_living_one_stay(
    broker: StreamsBroker, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "DEAD_AFTER_SECONDS", 0.6)
    org = make_org(database)
    webhook = make_webhook(database, org)
    owe(database, org, 3)
    shared = open_database(database_url, shared=True)
    for holder in ("living", "silent", "never heard"):
        assert settle_and_claim(Completer(shared, CONFIG, holder), webhook.id, wanted=1).claimed
    tasks = MaintenanceTasks(database, broker)
    beats = 0

    def released() -> bool:
        nonlocal beats
        beats += 1
        broker.client.hset(KEYS.heartbeats(DELIVERIES), "living", str(beats))
        broker.client.hset(KEYS.heartbeats(DELIVERIES), "silent", "1")
        tasks.release_lost_leases()
        lost = execute(database, "SELECT count(*) FROM attempts WHERE result = 'lost'")
        return lost == [(2,)]

    began_at = time.monotonic()
    eventually(released)
    assert time.monotonic() - began_at >= 0.6
    assert execute(database, "SELECT holder FROM deliveries WHERE status = 'attempting'") == [
        ("living",)
    ]
    shared.close()
