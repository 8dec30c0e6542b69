"""How much of an endpoint's backlog may be in flight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.domain.backoff import RetryPolicy
from app.domain.delivery import Decision, Verdict
from app.domain.health import (
    DISABLE_AFTER_EXHAUSTED,
    OPEN_AFTER,
    Health,
    after_attempt,
    free_slots,
    should_disable,
)

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
WELL = Health(active_since=NOW - timedelta(days=1))
SUCCESS = Decision(Verdict.SUCCEEDED)
RETRY = Decision(Verdict.RETRY, 5.0)
REST = Decision(Verdict.DEFERRED, 60.0, rest_seconds=60.0)
WINDOW = 10


def after(
    health: Health,
    *decisions: Decision,
    timed_out: bool = False,
    at: datetime | None = None,
    max_in_flight: int = WINDOW,
) -> Health:
    """The health after these attempts, all at one time."""
    for decision in decisions:
        health = after_attempt(
            health,
            decision,
            timed_out=timed_out,
            max_in_flight=max_in_flight,
            policy=RetryPolicy(),
            now=at or NOW,
            chance=0.5,
        )
    return health


def test_a_healthy_endpoint_has_its_whole_window() -> None:
    assert free_slots(WELL, in_flight=0, max_in_flight=WINDOW, now=NOW) == WINDOW
    assert free_slots(WELL, in_flight=7, max_in_flight=WINDOW, now=NOW) == 3
    assert free_slots(WELL, in_flight=12, max_in_flight=WINDOW, now=NOW) == 0


def test_each_time_out_halves_the_flow_and_each_success_doubles_it() -> None:
    slow = after(WELL, RETRY, RETRY, timed_out=True)
    assert free_slots(slow, 0, WINDOW, NOW) == 2
    assert free_slots(after(slow, SUCCESS), 0, WINDOW, NOW) == 4
    assert after(slow, SUCCESS, SUCCESS, SUCCESS).concurrency_limit is None


def test_an_answer_however_bad_does_not_narrow_the_flow() -> None:
    assert after(WELL, RETRY, RETRY).concurrency_limit is None


def test_failures_in_a_row_open_the_circuit_to_one_probe_per_interval() -> None:
    open_circuit = after(WELL, *[RETRY] * OPEN_AFTER)

    assert open_circuit.circuit_open_until == NOW + timedelta(seconds=5)
    assert free_slots(open_circuit, 0, WINDOW, NOW) == 0
    later = NOW + timedelta(seconds=6)
    assert free_slots(open_circuit, 0, WINDOW, later) == 1
    assert free_slots(open_circuit, 1, WINDOW, later) == 0


@pytest.mark.parametrize(("probes", "seconds"), [(1, 5), (2, 15), (3, 45), (5, 300), (50, 300)])
def test_probes_become_rarer_up_to_five_minutes(probes: int, seconds: float) -> None:
    health, at = after(WELL, *[RETRY] * (OPEN_AFTER - 1)), NOW
    for _ in range(probes):
        at = health.circuit_open_until or NOW
        health = after(health, RETRY, at=at)
    assert health.circuit_open_until == at + timedelta(seconds=seconds)


def test_the_first_success_closes_the_circuit_and_the_flow_grows_again() -> None:
    closed = after(after(WELL, *[RETRY] * 9), SUCCESS)
    assert closed.failure_count == 0
    assert closed.circuit_open_until is None
    assert free_slots(closed, 0, WINDOW, NOW) == 1
    assert free_slots(after(closed, SUCCESS), 0, WINDOW, NOW) == 2


def test_failures_of_what_left_before_the_circuit_opened_do_not_push_the_first_probe_away() -> None:
    window_full_of_failures = after(WELL, *[RETRY] * WINDOW)
    assert window_full_of_failures == after(WELL, *[RETRY] * OPEN_AFTER)
    given_up = after(window_full_of_failures, Decision(Verdict.FAILED))
    assert given_up.exhausted_count == 1


def test_a_deferral_holds_the_whole_endpoint_and_is_no_failure() -> None:
    health = after(WELL, REST)
    assert health.failure_count == 0
    assert free_slots(health, 0, WINDOW, NOW + timedelta(seconds=59)) == 0
    assert free_slots(health, 0, WINDOW, NOW + timedelta(seconds=60)) == WINDOW // 2


def test_a_window_full_of_deferrals_halves_the_flow_once_and_the_next_one_again() -> None:
    health = after(WELL, *[REST] * WINDOW)
    assert health.concurrency_limit == WINDOW // 2
    assert after(health, REST, at=health.cooldown_until).concurrency_limit == WINDOW // 4


def test_after_a_rest_the_flow_grows_by_one_a_second_until_it_is_whole() -> None:
    health = after(WELL, REST)
    flows = []
    for second in range(60, 66):
        at = NOW + timedelta(seconds=second)
        health = after(health, SUCCESS, SUCCESS, at=at)
        flows.append(health.concurrency_limit)
    assert flows == [5, 6, 7, 8, 9, None]
    assert health.cooldown_until is None


@pytest.mark.parametrize("max_in_flight", [1, WINDOW])
def test_a_success_does_not_shorten_what_a_receiver_asked_for(max_in_flight: int) -> None:
    health = after(WELL, REST, SUCCESS, max_in_flight=max_in_flight)
    assert health.cooldown_until == NOW + timedelta(seconds=60)


def test_a_success_that_closes_the_circuit_does_not_shorten_it_either() -> None:
    health = after(WELL, *[RETRY] * OPEN_AFTER, REST, SUCCESS)
    assert health.failure_count == 0
    assert free_slots(health, 0, WINDOW, NOW + timedelta(seconds=59)) == 0


def test_a_busy_answer_without_a_time_makes_the_endpoint_rest_and_counts() -> None:
    health = after(WELL, Decision(Verdict.RETRY, 5.0, rest_seconds=1.0))
    assert (health.failure_count, health.concurrency_limit) == (1, WINDOW // 2)
    assert free_slots(health, 0, WINDOW, NOW + timedelta(seconds=0.9)) == 0


def test_the_next_success_of_a_healthy_endpoint_changes_nothing() -> None:
    noted = after(WELL, SUCCESS)
    assert after(noted, SUCCESS) is noted


@pytest.mark.parametrize(
    ("exhausted", "dead_days", "expected"),
    [
        (DISABLE_AFTER_EXHAUSTED, 5, True),
        (DISABLE_AFTER_EXHAUSTED - 1, 5, False),
        (DISABLE_AFTER_EXHAUSTED, 4.9, False),
    ],
)
def test_only_a_long_dead_endpoint_with_enough_losses_is_disabled(
    exhausted: int, dead_days: float, expected: bool
) -> None:
    health = Health(
        active_since=NOW - timedelta(days=30),
        last_success_at=NOW - timedelta(days=dead_days),
        exhausted_count=exhausted,
    )
    assert should_disable(health, NOW) is expected


def test_an_endpoint_made_active_again_gets_its_five_days_anew() -> None:
    health = Health(active_since=NOW, last_success_at=NOW - timedelta(days=9), exhausted_count=99)
    assert not should_disable(health, NOW)


def test_recovery_is_remembered_until_a_success() -> None:
    health = msgspec.structs.replace(WELL, recovering=True)
    assert after(health, RETRY).recovering
    assert not after(health, RETRY, SUCCESS).recovering
