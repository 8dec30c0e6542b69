"""A replay is a job that survives its process, can be tried out and stopped, and is no hurry.

`REPLAY_DELIVERIES=20000 ./scripts/test tests/flow/test_replay.py` is the long form.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from typing import Any

import pytest

from app.domain.times import now
from app.storage.database import open_database, transaction
from app.storage.org import orgs
from app.storage.recording import record
from scripts.client import Rex
from scripts.receiver import Receiver
from scripts.system.whole import WholeSystem
from tests.factories import make_capture
from tests.flow.systems import own_system, webhook_to

#: What others captured would be counted here, or limited.
system = own_system

COUNT = int(os.environ.get("REPLAY_DELIVERIES", "2000"))
#: A live event waits for one step of the replay at most; machines are shared.
LIVE_PATIENCE_SECONDS = 20.0
#: Deliveries a second that any machine makes.
SLOWEST_RATE = 40


@pytest.fixture(scope="module")
def past_events(system: WholeSystem) -> int:
    """Events from before anybody subscribed."""
    database = open_database(system.settings.database_url)
    with transaction(database) as cursor:
        org = orgs.find_by_slug(cursor, system.org)
    assert org is not None
    for start in range(0, COUNT, 500):
        captures = [make_capture(org, f"past{n}@example.com") for n in range(start, start + 500)]
        with transaction(database) as cursor:
            record(cursor, captures, now())
    database.close()
    return COUNT


def progress(rex: Rex, replay_id: str) -> dict[str, Any]:
    status, answer = rex.request("GET", f"/replays/{replay_id}")
    assert status == 200
    data: dict[str, Any] = answer["data"]
    return data


def wait_for_status(rex: Rex, replay_id: str, status: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while progress(rex, replay_id)["status"] != status:
        assert time.monotonic() < deadline, progress(rex, replay_id)
        time.sleep(0.1)  # the condition lives in another process


def test_a_dry_run_counts_and_sends_nothing(rex: Rex, past_events: int) -> None:
    with Receiver() as receiver, webhook_to(rex, receiver.url) as webhook_id:
        status, answer = rex.request("POST", f"/webhooks/{webhook_id}/replay", {"dry_run": True})
        assert (status, answer["data"]["dry_run"]) == (200, True)
        assert answer["data"]["total"] == past_events
        assert receiver.received == []


def test_a_cancelled_replay_stops(rex: Rex, past_events: int) -> None:
    with Receiver() as receiver, webhook_to(rex, receiver.url) as webhook_id:
        _, answer = rex.request("POST", f"/webhooks/{webhook_id}/replay", {})
        replay_id = answer["data"]["id"]
        receiver.wait_for(lambda received: len(received) >= 20, 30)
        status, _ = rex.request("DELETE", f"/replays/{replay_id}")
        assert status in (200, 204)
        stopped = progress(rex, replay_id)
        assert stopped["status"] == "cancelled"
        assert stopped["done"] < past_events
        assert progress(rex, replay_id)["done"] == stopped["done"]


def test_a_replay_survives_the_killing_of_the_clock_and_leaves_live_traffic_alone(
    rex: Rex, system: WholeSystem, past_events: int
) -> None:
    with Receiver() as receiver, webhook_to(rex, receiver.url) as webhook_id:
        _, answer = rex.request("POST", f"/webhooks/{webhook_id}/replay", {})
        replay_id = answer["data"]["id"]
        receiver.wait_for(lambda received: len(received) >= 50, 30)
        scheduler = system.processes.children["scheduler"].pid
        assert scheduler is not None
        os.kill(scheduler, signal.SIGKILL)

        _, live = rex.capture(email="live@example.com")
        receiver.wait_for(
            lambda received: any(
                each.event["data"]["id"] == live["data"]["id"] for each in received[-200:]
            ),
            LIVE_PATIENCE_SECONDS,
        )
        wait_for_status(rex, replay_id, "done", 30 + past_events / SLOWEST_RATE)
        received = receiver.wait_for(lambda received: len(received) > past_events, 60)

    times = Counter(each.headers["webhook-id"] for each in received)
    assert len(times) == past_events + 1
    assert max(times.values()) == 1
    assert progress(rex, replay_id)["done"] == past_events
