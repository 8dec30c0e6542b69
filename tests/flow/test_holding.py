"""Paused, disabled, failed, released, retried: nothing vanishes on the way."""

from __future__ import annotations

import threading
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

PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def system() -> Iterator[WholeSystem]:
    settings = {"RETRY_BASE_SECONDS": "0.1", "RETRY_CAP_SECONDS": "0.5", "RETRY_MAX_ATTEMPTS": "2"}
    with running_system(**settings) as whole:
        yield whole


@pytest.fixture
def rex(system: WholeSystem) -> Rex:
    return Rex(system.base_url, system.api_key)


class Switched:
    """Answers with the status that it is set to."""

    def __init__(self, status: int) -> None:
        self.status = status

    def __call__(self, event: dict[str, Any]) -> Reply:
        return Reply(self.status)


def people(name: str, count: int) -> list[str]:
    return [f"{name}{number}@example.com" for number in range(count)]


def set_status(rex: Rex, webhook_id: str, status: str) -> None:
    answered, edited = rex.request("PATCH", f"/webhooks/{webhook_id}", {"status": status})
    assert (answered, edited["data"]["status"]) == (200, status)


def listed(rex: Rex, webhook_id: str, **filters: str) -> list[dict[str, Any]]:
    wanted = "&".join(f"{name}={value}" for name, value in {"limit": "200", **filters}.items())
    status, page = rex.request("GET", f"/webhooks/{webhook_id}/deliveries?{wanted}")
    assert status == 200
    return list(page["data"])


def test_a_paused_webhook_holds_everything_and_gets_it_when_it_is_active_again(
    rex: Rex, system: WholeSystem
) -> None:
    with Stranger() as stranger, webhook_to(rex, stranger.url) as webhook_id:
        set_status(rex, webhook_id, "paused")
        record_all(system, people("paused", 30))

        assert len(listed(rex, webhook_id, status="held")) == 30
        assert listed(rex, webhook_id, status="pending") == []
        assert {each["status"] for each in listed(rex, webhook_id)} == {"held"}
        assert stranger.arrivals == []

        set_status(rex, webhook_id, "active")
        stranger.wait_for(30, PATIENCE_SECONDS)
        eventually(lambda: len(listed(rex, webhook_id, status="succeeded")) == 30)


def test_pausing_stops_a_backlog_that_is_flowing_and_loses_nothing_of_it(
    rex: Rex, system: WholeSystem
) -> None:
    gate = threading.Semaphore(40)

    def one_by_one(event: dict[str, Any]) -> Reply:
        gate.acquire(timeout=30)
        return Reply()

    with Stranger(one_by_one) as stranger, webhook_to(rex, stranger.url) as webhook_id:
        record_all(system, people("flowing", 150))
        stranger.wait_for(40, PATIENCE_SECONDS)
        set_status(rex, webhook_id, "paused")
        gate.release(1000)
        eventually(lambda: listed(rex, webhook_id, status="attempting") == [])
        taken = len(stranger.arrivals)
        assert taken <= 40 + 2 * system.settings.webhook_concurrency_max
        assert len(listed(rex, webhook_id, status="held")) == 150 - taken

        set_status(rex, webhook_id, "active")
        stranger.wait_for(150, PATIENCE_SECONDS)
    assert len({each.delivery_id for each in stranger.arrivals}) == len(stranger.arrivals) == 150


def test_a_410_disables_at_once_and_what_comes_meanwhile_is_released_later(
    rex: Rex, system: WholeSystem
) -> None:
    gone = Switched(410)
    with ExitStack() as opened:
        stranger = opened.enter_context(Stranger(gone))
        webhook_id = opened.enter_context(webhook_to(rex, stranger.url, events=["contact.*"]))
        witness = opened.enter_context(Stranger())
        opened.enter_context(webhook_to(rex, witness.url, events=["webhook.*"]))

        record_all(system, people("gone", 50))
        witness.wait_for(1, PATIENCE_SECONDS)
        eventually(lambda: listed(rex, webhook_id, status="attempting") == [])
        refused = len(stranger.arrivals)
        assert 1 <= refused <= system.settings.webhook_concurrency_max
        _, webhook = rex.request("GET", f"/webhooks/{webhook_id}")
        assert webhook["data"]["status"] == "disabled"
        record_all(system, people("later", 20))
        assert len(listed(rex, webhook_id, status="held")) == 70 - refused
        assert len(listed(rex, webhook_id, status="failed")) == refused

        gone.status = 200
        set_status(rex, webhook_id, "active")
        stranger.wait_for(70 - refused, PATIENCE_SECONDS)
        witness.wait_for(2, PATIENCE_SECONDS)

    told = [each.event for each in witness.arrivals]
    assert [each["event"] for each in told] == ["webhook.disabled", "webhook.recovered"]
    assert told[0]["data"]["webhook_id"] == webhook_id
    assert "410" in told[0]["data"]["reason"]


def test_a_failed_delivery_can_be_sent_again_by_hand_with_its_history_kept(
    rex: Rex, system: WholeSystem
) -> None:
    broken = Switched(500)
    with Stranger(broken) as stranger, webhook_to(rex, stranger.url) as webhook_id:
        record_all(system, people("retried", 1))
        eventually(lambda: len(listed(rex, webhook_id, status="failed")) == 1, PATIENCE_SECONDS)
        (failed,) = listed(rex, webhook_id)
        broken.status = 200
        status, taken_up = rex.request("POST", f"/deliveries/{failed['id']}/retry")
        assert (status, taken_up["data"]["settled_at"]) == (202, None)
        stranger.wait_for(1, PATIENCE_SECONDS)
        eventually(lambda: bool(listed(rex, webhook_id, status="succeeded")))
        _, found = rex.request("GET", f"/deliveries/{failed['id']}")

    attempts = found["data"]["attempts"]
    assert [each["result"] for each in attempts] == ["retry", "failed", "succeeded"]
    assert [each["number"] for each in attempts] == [1, 2, 3]
    assert [each["next_attempt_at"] is None for each in attempts] == [False, True, True]


def test_what_is_owed_to_a_deleted_webhook_is_cancelled_and_never_sent(
    rex: Rex, system: WholeSystem
) -> None:
    with Stranger() as stranger:
        with webhook_to(rex, stranger.url) as webhook_id:
            set_status(rex, webhook_id, "paused")
            record_all(system, people("deleted", 25))
        states = "SELECT status, count(*) FROM deliveries WHERE webhook_id = %s GROUP BY 1"
        eventually(lambda: query(system, states, webhook_id) == [("cancelled", 25)])
    assert stranger.arrivals == []
