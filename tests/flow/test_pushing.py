"""First attempts that are pushed: at once when all is well, once or again when anything is not."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import redis

from app.domain.delivery.retry_policy import RetryRules
from app.domain.times import now
from app.queue.connection import connect
from app.queue.push_channel import PushSender
from app.storage.database import drop_connection, open_database, transaction
from app.storage.delivery.new_deliveries import Holder
from app.storage.org import orgs
from app.storage.recording import record
from scripts.client import Rex
from scripts.receiver import Reply
from scripts.system.whole import WholeSystem
from tests.factories import make_capture
from tests.flow.strangers import Stranger
from tests.flow.systems import query, webhook_to
from tests.flow.test_isolation import Hanging
from tests.waiting import eventually

PATIENCE_SECONDS = 60.0
#: A push that waits for 0.75 s goes back and is claimed. After a transaction that was held up all
#: do, until another has told the time.
PUSHES_TRIED = 200


@pytest.fixture
def client(system: WholeSystem) -> Iterator[redis.Redis]:
    with closing(connect(system.settings.redis_url, connections=2)) as client:
        yield client


@contextmanager
def healthy(rex: Rex, system: WholeSystem, stranger: Stranger) -> Iterator[str]:
    """A webhook that has answered once, when a delivery process listens."""
    with webhook_to(rex, stranger.url) as webhook_id:
        rex.capture(email=f"{webhook_id.lower()}@example.com")
        stranger.wait_for(1, PATIENCE_SECONDS)
        eventually(lambda: has_answered(system, webhook_id), PATIENCE_SECONDS)
        yield webhook_id


@contextmanager
def hanging_webhook(rex: Rex, system: WholeSystem) -> Iterator[tuple[Hanging, Stranger, str]]:
    """A healthy webhook that hangs from now on, until it is well again."""
    hanging = Hanging()
    hanging.well.set()

    def reply(event: object) -> Reply:
        hanging.well.wait(30)
        return Reply()

    with Stranger(reply) as stranger, healthy(rex, system, stranger) as webhook_id:
        hanging.well.clear()
        yield hanging, stranger, webhook_id


def has_answered(system: WholeSystem, webhook_id: str) -> bool:
    statement = (
        "SELECT last_success_at IS NOT NULL AND NOT EXISTS (SELECT FROM deliveries d"
        " WHERE d.webhook_id = h.webhook_id AND d.status <> 'succeeded')"
        " FROM webhook_health h WHERE webhook_id = %s"
    )
    return query(system, statement, webhook_id) == [(True,)]


def attempts_of(system: WholeSystem, webhook_id: str) -> list[tuple[int, str]]:
    return query(
        system,
        "SELECT a.number, a.result FROM attempts a JOIN deliveries d ON d.id = a.delivery_id"
        " WHERE d.webhook_id = %s ORDER BY d.id, a.number",
        webhook_id,
    )


def test_a_lead_is_leased_by_the_transaction_that_records_it(rex: Rex, system: WholeSystem) -> None:
    with hanging_webhook(rex, system) as (hanging, stranger, webhook_id):
        for taken in range(1, PUSHES_TRIED + 1):
            rex.capture(email=f"pushed{taken}@example.com")
            eventually(lambda: lease_of(system, webhook_id) is not None, PATIENCE_SECONDS)
            was_pushed = lease_of(system, webhook_id)
            hanging.well.set()
            stranger.wait_for(taken + 1, PATIENCE_SECONDS)
            if was_pushed:
                return
            eventually(lambda: has_answered(system, webhook_id), PATIENCE_SECONDS)
            hanging.well.clear()
        pytest.fail("all were claimed")


def lease_of(system: WholeSystem, webhook_id: str) -> bool | None:
    """Whether what is under way was pushed; None: nothing is under way."""
    statement = (
        # A claim's lease begins in a transaction of its own.
        "SELECT mod(extract(microseconds FROM leased_until - created_at)::int, 1000000) = 0"
        " FROM deliveries WHERE webhook_id = %s AND holder IS NOT NULL"
    )
    rows = query(system, statement, webhook_id)
    return bool(rows[0][0]) if rows else None


def test_what_a_recorder_leased_before_it_was_killed_is_delivered_within_seconds(
    rex: Rex, system: WholeSystem, client: redis.Redis
) -> None:
    with Stranger() as stranger, healthy(rex, system, stranger) as webhook_id:
        name = PushSender(client).choose()
        assert name is not None
        # All that such a recorder leaves behind: its commit.
        database = open_database(system.settings.database_url)
        with transaction(database) as cursor:
            org = orgs.find_by_slug(cursor, system.org)
            assert org is not None
            captures = [make_capture(org, f"left{number}@example.com") for number in range(5)]
            recorded = record(cursor, captures, now(), Holder(name, RetryRules()))
        drop_connection(database)
        assert len(recorded.published.pushes) == 5
        stranger.wait_for(6, 20)
        eventually(lambda: has_answered(system, webhook_id), PATIENCE_SECONDS)
        assert len(stranger.arrivals) == 6
        assert attempts_of(system, webhook_id) == [(1, "succeeded")] * 6


@pytest.mark.all_only
def test_what_a_killed_delivery_process_was_sending_comes_again(
    rex: Rex, system: WholeSystem
) -> None:
    with hanging_webhook(rex, system) as (hanging, stranger, webhook_id):
        _, answer = rex.capture(email="twice@example.com")
        held = "SELECT count(*) FROM deliveries WHERE holder IS NOT NULL"
        eventually(lambda: query(system, held) == [(1,)], PATIENCE_SECONDS)
        pid = system.processes.children["deliveries"].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        hanging.well.set()
        eventually(lambda: has_answered(system, webhook_id), PATIENCE_SECONDS)
        assert attempts_of(system, webhook_id)[1:] == [(1, "lost"), (2, "succeeded")]
        assert answer["data"]["id"] in {each.contact_id for each in stranger.accepted}


def test_a_flushed_redis_costs_no_delivery(
    rex: Rex, system: WholeSystem, client: redis.Redis
) -> None:
    with Stranger() as stranger, healthy(rex, system, stranger) as webhook_id:
        client.flushall()
        for number in range(20):
            status, _ = rex.capture(email=f"flushed{number}@example.com")
            assert status == 202
        eventually(lambda: len(stranger.accepted) >= 21, PATIENCE_SECONDS)
        eventually(lambda: has_answered(system, webhook_id), PATIENCE_SECONDS)
        assert attempts_of(system, webhook_id) == [(1, "succeeded")] * 21
