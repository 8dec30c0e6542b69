"""The pace of replays: as fast as the endpoint, and live events never wait for long."""

from __future__ import annotations

from contextlib import closing

import pytest
import redis

from app.domain.times import now
from app.queue.notifier import DeliveryNotifier
from app.storage.database import Database, transaction
from app.storage.delivery import replays
from app.storage.delivery.replays import ReplayStatus
from app.storage.recording import record
from tests.factories import make_capture, make_org, make_webhook
from workers.replays import STEP_MAX, STEP_MIN, Replays, next_step

EVENTS = 700


@pytest.mark.parametrize("carried_per_step", [1, 3, 20, 100, 1000])
def test_the_line_stays_as_short_as_the_endpoint_is_fast(carried_per_step: int) -> None:
    waiting, before, carried, longest = 0, STEP_MIN, 0, 0
    for _ in range(60):
        size = next_step(before, waiting)
        before = max(size, STEP_MIN)
        waiting += size
        longest = max(longest, waiting)
        done = min(waiting, carried_per_step)
        waiting, carried = waiting - done, carried + done
    assert longest <= max(2 * STEP_MIN, min(2 * carried_per_step, STEP_MAX))
    assert carried >= 0.8 * 60 * min(carried_per_step, STEP_MAX) - 4 * STEP_MAX


@pytest.mark.parametrize("backlog", [STEP_MIN + 1, 500, 100_000])
def test_nothing_is_opened_behind_a_live_backlog(backlog: int) -> None:
    assert next_step(STEP_MIN, backlog) == 0


def test_a_replay_survives_its_clock_and_ends(database: Database, redis_url: str) -> None:
    org = make_org(database)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, f"c{n}@example.com") for n in range(EVENTS)], now())
    webhook = make_webhook(database, org)
    with transaction(database) as cursor:
        replay_id = "rpl_01M847TM4N5CGZDA17W5Q2RY76"
        cursor.execute(
            "INSERT INTO replays (id, org_id, webhook_id, until, status, total)"
            " VALUES (%s, %s, %s, now() + interval '1 second', 'running', %s)",
            (replay_id, org.id, webhook.id, EVENTS),
        )
    with closing(redis.Redis.from_url(redis_url)) as client:
        clocks = 0
        while (replay := _find(database, org.id, replay_id)).status == ReplayStatus.RUNNING:
            clocks += 1
            scheduler = Replays(
                database, DeliveryNotifier(client)
            )  # a new one each time: it remembers nothing
            for _ in range(3):
                scheduler.advance()
                _deliver_all(database)
    assert clocks > 1
    assert replay.done == replay.total == EVENTS
    with transaction(database) as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT event_id) FROM deliveries")
        assert cursor.fetchone() == (EVENTS, EVENTS)


def _find(database: Database, org_id: str, replay_id: str) -> replays.Replay:
    with transaction(database) as cursor:
        found = replays.find(cursor, org_id, replay_id)
    assert found is not None
    return found


def _deliver_all(database: Database) -> None:
    with transaction(database) as cursor:
        cursor.execute("UPDATE deliveries SET status = 'succeeded' WHERE status = 'pending'")
