"""What a delivery process learns about one webhook."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain.delivery.concurrency import Answer
from app.domain.delivery.delivery import Decision, Verdict
from app.domain.delivery.health import OPEN_AFTER, Health
from app.domain.errors import StorageUnavailable
from app.storage.delivery.claims import Claimed
from app.storage.webhook.endpoints import Endpoint
from tests.workers.outcomes import outcome
from workers.due_time import LOOK_AGAIN_SECONDS
from workers.lane import Lane
from workers.reputation import FAILURES_MAX, SLOW_SECONDS
from workers.work import Attempted, WebhookWork

NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)
URL = "http://receiver.example/"


def claimed(lease: int) -> Claimed:
    return Claimed(f"dlv_{lease}", "whk_1", lease, 1, 0, 0, 0.0, "evt_1", "ping", None, NOON, "{}")


def endpoint(url: str = URL, failures: int = 0, learned: int | None = None) -> Endpoint:
    health = Health(NOON, failure_count=failures, concurrency_limit=learned)
    return Endpoint(
        "whk_1",
        "org_1",
        url,
        b"",
        None,
        None,
        {},
        None,
        False,
        "active",
        None,
        NOON,
        NOON,
        0,
        health,
    )


def lane_of(found: Endpoint) -> Lane:
    lane = Lane("whk_1", 64)
    lane.note_due(0.0)
    lane.take(WebhookWork("whk_1", wanted=1, endpoint=found, more=True), 0.0)
    return lane


def answer(lane: Lane, kind: Answer, lease: int, started: float, seconds: float) -> Attempted:
    """One attempt from its start to its end; how the lane has judged it."""
    lane.start([claimed(lease)], started)
    return end(lane, kind, lease, started + seconds)


def end(lane: Lane, kind: Answer, lease: int, now: float) -> Attempted:
    verdict = Verdict.SUCCEEDED if kind is Answer.GOOD else Verdict.RETRY
    attempted = outcome(claimed(lease), verdict, 1.0, URL)
    attempted.answer, attempted.decision = kind, Decision(verdict)
    lane.finish(claimed(lease), attempted, now)
    return attempted


def wanted(lane: Lane, now: float) -> int:
    demand = lane.demand(now)
    return demand.wanted if demand else 0


def is_proven(lane: Lane, now: float) -> bool:
    return lane.is_proven(now)


def test_the_first_good_answer_proves_a_webhook_and_a_time_out_or_a_slow_one_ends_that() -> None:
    lane = lane_of(endpoint())
    assert not is_proven(lane, 0.0)
    answer(lane, Answer.GOOD, 1, 0.0, 0.1)
    assert is_proven(lane, 0.1)
    answer(lane, Answer.GOOD, 2, 1.0, SLOW_SECONDS + 0.1)
    assert not is_proven(lane, 4.0)
    answer(lane, Answer.GOOD, 3, 4.0, 0.1)
    answer(lane, Answer.TIMED_OUT, 4, 5.0, 1.0)
    assert not is_proven(lane, 6.0)


def test_so_do_failures_in_a_row_and_an_attempt_that_has_no_answer_yet() -> None:
    lane = lane_of(endpoint())
    answer(lane, Answer.GOOD, 1, 0.0, 0.1)
    for lease in range(2, FAILURES_MAX + 2):
        assert is_proven(lane, 1.0)
        answer(lane, Answer.OTHER, lease, 1.0, 0.0)
    assert not is_proven(lane, 1.0)
    answer(lane, Answer.GOOD, 9, 2.0, 0.1)
    lane.start([claimed(10)], 3.0)
    assert is_proven(lane, 3.0 + SLOW_SECONDS - 0.1)
    assert not is_proven(lane, 3.0 + SLOW_SECONDS)


@pytest.mark.parametrize(("learned", "limit"), [(None, 1), (1, 1), (40, 20), (1000, 64)])
def test_a_process_starts_at_half_of_what_another_one_learned(
    learned: int | None, limit: int
) -> None:
    assert wanted(lane_of(endpoint(learned=learned)), 0.0) == limit


@pytest.mark.parametrize("after", [endpoint(url=URL + "new"), endpoint(failures=OPEN_AFTER)])
def test_a_new_url_and_an_open_circuit_start_from_one(after: Endpoint) -> None:
    lane = lane_of(endpoint(learned=40))
    answer(lane, Answer.GOOD, 1, 0.0, 0.1)
    lane.take(WebhookWork("whk_1", wanted=1, endpoint=after, more=True), 1.0)
    assert wanted(lane, 1.0) == 1
    assert not is_proven(lane, 1.0)


def test_refusals_of_more_than_the_receiver_bears_are_not_the_endpoints_failures() -> None:
    lane = lane_of(endpoint(learned=64))
    lane.start([claimed(lease) for lease in range(32)], 0.0)
    end(lane, Answer.GOOD, 0, 0.1)
    judged = [end(lane, Answer.REFUSED, lease, 0.2) for lease in range(1, 32)]
    assert not any(each.counts for each in judged)


def test_refusals_of_single_attempts_are() -> None:
    lane = lane_of(endpoint())
    assert answer(lane, Answer.REFUSED, 1, 0.0, 0.1).counts
    assert answer(lane, Answer.REFUSED, 2, 1.0, 0.1).counts


def test_what_could_not_be_recorded_is_kept_for_the_next_transaction() -> None:
    lane = lane_of(endpoint())
    attempted = answer(lane, Answer.GOOD, 1, 0.0, 0.1)
    lane.start([claimed(2)], 0.0)
    lane.finish(claimed(2), None, 0.1)
    work = lane.work(0, 1.0)
    assert not lane.has_results
    work.error = StorageUnavailable()
    lane.take(work, 1.0)
    again = lane.work(0, 2.0)
    assert (again.attempted, again.unsent) == ([attempted], [claimed(2)])


def test_a_notification_during_a_long_pause_costs_a_look_now_and_then() -> None:
    lane = lane_of(endpoint())
    work = lane.work(1, 10.0)
    work.endpoint, work.more, work.wait_seconds, work.wait_reason = endpoint(), True, 60.0, "pause"
    lane.take(work, 10.0)
    assert lane.due.wakes_at(10.0) == 70.0
    lane.note_due(10.1)
    assert lane.due.wakes_at(10.1) == 10.0 + LOOK_AGAIN_SECONDS
    assert wanted(lane, 10.1) == 0
    assert lane.waits_for == "pause"


def test_a_full_limit_is_what_is_waited_for() -> None:
    lane = lane_of(endpoint())
    lane.start([claimed(1)], 0.0)
    assert wanted(lane, 0.0) == 0
    assert lane.waits_for == "limit"


def test_what_becomes_due_while_a_transaction_claims_is_not_forgotten() -> None:
    lane = lane_of(endpoint())
    work = lane.work(1, 1.0)
    lane.note_due(1.1)  # committed too late for the claim to see it
    work.endpoint = endpoint()
    lane.take(work, 1.2)
    assert wanted(lane, 1.2) == 1
