"""With REDIS_REPLICAS_REQUIRED no capture that was answered is lost together with the primary."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Any

import msgspec
import pytest
import redis

from app.domain.times import now
from app.main import make_app
from app.queue.connection import connect
from app.queue.jobs import CAPTURES, KEYS
from app.queue.notifier import DeliveryNotifier
from app.queue.replication import WAIT_MS
from app.storage.database import Database, open_database, transaction
from config.settings import Settings
from tests.asgi import Client
from tests.factories import make_org
from tests.ingress.conftest import running
from tests.replicas import Replicated, replicated
from tests.waiting import eventually
from workers.captures import Recorder
from workers.scheduler import fallback_tasks

LEADS = [f"lead{number}@example.com" for number in range(400)]
#: Of 400 leads these are answered when the replica falls behind, and when the primary dies.
LATE_FROM, KILLED_AT = 100, 300


@pytest.fixture
def servers() -> Iterator[Replicated]:
    with replicated() as servers:
        yield servers


@pytest.fixture
def settings(servers: Replicated, database: Database, database_url: str) -> Settings:
    make_org(database)
    return Settings(
        database_url=database_url,
        redis_url=servers.primary.url,
        secret_key=b"k" * 32,
        capture_rate_per_address=0,
        redis_replicas_required=1,
    )


def capture(ask: Client, email: str, **headers: str) -> int:
    return ask("POST", "/capture", {"email": email}, **headers).status


def record_all(settings: Settings) -> None:
    """Record what the queue holds, and what the fallback holds."""
    with closing(redis.Redis.from_url(settings.redis_url)) as client:
        found: Any = client.xrange(KEYS.stream(CAPTURES))
    jobs = [msgspec.json.decode(fields[b"job"], type=dict[str, Any]) for _, fields in found]
    notifier = DeliveryNotifier(connect(settings.redis_url, connections=1))
    recorder = Recorder(open_database(settings.database_url), notifier, now)
    recorder.record([msgspec.Raw(msgspec.json.encode(job["args"][0])) for job in jobs])
    (drain_fallback,) = fallback_tasks(settings)
    drain_fallback.do()


def recorded(database: Database) -> list[str]:
    """The addresses of all events: one of each capture."""
    with transaction(database) as cursor:
        cursor.execute("SELECT email FROM events JOIN contacts ON contacts.id = contact_id")
        return sorted(email for (email,) in cursor.fetchall())


def lost(
    servers: Replicated, settings: Settings, database: Database, late_seconds: float
) -> set[str]:
    """The leads that were answered and are not recorded after the replica was promoted."""
    answered: list[str] = []
    with running(make_app(settings)) as ask, ThreadPoolExecutor(8) as visitors:
        posts = {visitors.submit(capture, ask, email): email for email in LEADS}
        for post in as_completed(posts):
            if post.result() == 202:
                answered.append(posts[post])
            if len(answered) == LATE_FROM:
                servers.link.seconds = late_seconds
            if len(answered) == KILLED_AT:
                servers.primary.kill()
    servers.promote()
    record_all(replace(settings, redis_url=servers.replica.url))
    found = recorded(database)
    assert len(found) == len(set(found))
    assert len(answered) > KILLED_AT
    return set(answered) - set(found)


def test_nothing_answered_is_lost_with_a_primary_whose_replica_is_late(
    servers: Replicated, settings: Settings, database: Database
) -> None:
    assert lost(servers, settings, database, 1.5) == set()


@pytest.mark.all_only
@pytest.mark.parametrize("late_seconds", [*[1.5] * 5, *[0.05] * 5])
def test_nothing_answered_is_lost_run_after_run(
    servers: Replicated, settings: Settings, database: Database, late_seconds: float
) -> None:
    assert lost(servers, settings, database, late_seconds) == set()


@pytest.mark.all_only
@pytest.mark.parametrize("late_seconds", [1.5, 0.05])
def test_without_the_setting_the_same_loses_leads(
    servers: Replicated, settings: Settings, database: Database, late_seconds: float
) -> None:
    assert lost(servers, replace(settings, redis_replicas_required=0), database, late_seconds)


def post_all(ask: Client, emails: Iterable[str]) -> list[float]:
    """Milliseconds of each capture."""
    took = []
    for email in emails:
        began_at = time.monotonic()
        assert capture(ask, email) == 202
        took.append(1000 * (time.monotonic() - began_at))
    return took


def test_a_replica_that_stalls_costs_one_wait_and_is_waited_for_again_later(
    servers: Replicated,
    settings: Settings,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    leads = iter(LEADS)
    posted: list[str] = []

    def leaves_the_fallback_alone() -> bool:
        before = rows_in_fallback(database)
        posted.append(next(leads))
        post_all(ask, posted[-1:])
        return rows_in_fallback(database) == before

    with running(make_app(settings)) as ask:
        eventually(leaves_the_fallback_alone)
        servers.replica.freeze()
        stalled = list(islice(leads, 100))
        took = post_all(ask, stalled)
        assert max(took) >= WAIT_MS
        # With time to spare for a busy machine: without the circuit each would take that long.
        assert statistics.quantiles(took, n=10)[-1] < WAIT_MS
        assert rows_in_fallback(database) >= len(stalled)
        servers.replica.thaw()
        eventually(lambda: "replicas.back" in caplog.text)
        eventually(leaves_the_fallback_alone)
    assert "replicas.away" in caplog.text

    record_all(settings)
    assert recorded(database) == sorted([*posted, *stalled])


def rows_in_fallback(database: Database) -> int:
    with transaction(database) as cursor:
        cursor.execute("SELECT count(*) FROM inbox")
        ((rows,),) = cursor.fetchall()
    return int(rows)


def test_a_repeated_post_is_as_safe_as_the_first_and_recorded_once(
    servers: Replicated, settings: Settings, database: Database
) -> None:
    with running(make_app(settings)) as ask:
        servers.replica.freeze()
        for _ in range(3):
            assert capture(ask, LEADS[0], idempotency_key="one") == 202
        assert rows_in_fallback(database) == 3  # the first, and a copy for each repetition
        servers.replica.thaw()

    record_all(settings)
    assert recorded(database) == LEADS[:1]
