"""Whether anything may leave for an endpoint."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.domain.delivery.backoff import RetryPolicy
from app.domain.delivery.delivery import Decision, Verdict
from app.domain.delivery.health import (
    DISABLE_AFTER_EXHAUSTED,
    OPEN_AFTER,
    Health,
    after_attempt,
    is_circuit_open,
    opens_at,
    should_disable,
)

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
WELL = Health(active_since=NOW - timedelta(days=1))
SUCCESS = Decision(Verdict.SUCCEEDED)
RETRY = Decision(Verdict.RETRY, 5.0)
REST = Decision(Verdict.DEFERRED, 60.0, rest_seconds=60.0)
AT_ONCE = 10


def after(
    health: Health, *decisions: Decision, counts: bool = True, at: datetime | None = None
) -> Health:
    """The health after these attempts, all at one time."""
    for decision in decisions:
        health = after_attempt(
            health,
            decision,
            counts=counts,
            policy=RetryPolicy(),
            now=at or NOW,
            chance=0.5,
        )
    return health


def test_a_healthy_endpoint_is_open() -> None:
    assert opens_at(WELL, NOW) is None
    assert not is_circuit_open(WELL)


def test_failures_in_a_row_open_the_circuit_to_one_probe_per_interval() -> None:
    health = after(WELL, *[RETRY] * OPEN_AFTER)

    assert is_circuit_open(health)
    assert opens_at(health, NOW) == NOW + timedelta(seconds=5)
    assert opens_at(health, NOW + timedelta(seconds=5)) is None


def test_refusals_of_too_much_at_once_do_not_open_the_circuit() -> None:
    assert after(WELL, *[RETRY] * OPEN_AFTER, counts=False) == WELL


@pytest.mark.parametrize(("probes", "seconds"), [(1, 5), (2, 15), (3, 45), (5, 300), (50, 300)])
def test_probes_become_rarer_up_to_five_minutes(probes: int, seconds: float) -> None:
    health, at = after(WELL, *[RETRY] * (OPEN_AFTER - 1)), NOW
    for _ in range(probes):
        at = health.circuit_open_until or NOW
        health = after(health, RETRY, at=at)
    assert health.circuit_open_until == at + timedelta(seconds=seconds)


def test_the_first_success_closes_the_circuit() -> None:
    closed = after(after(WELL, *[RETRY] * 9), SUCCESS)
    assert not is_circuit_open(closed)
    assert opens_at(closed, NOW) is None


def test_failures_of_what_left_before_the_circuit_opened_do_not_push_the_first_probe_away() -> None:
    all_failed = after(WELL, *[RETRY] * AT_ONCE)
    assert all_failed == after(WELL, *[RETRY] * OPEN_AFTER)
    given_up = after(all_failed, Decision(Verdict.FAILED))
    assert given_up.exhausted_count == 1


def test_a_deferral_holds_the_whole_endpoint_and_is_no_failure() -> None:
    health = after(WELL, REST)
    assert health.failure_count == 0
    assert opens_at(health, NOW + timedelta(seconds=59)) == NOW + timedelta(seconds=60)
    assert opens_at(health, NOW + timedelta(seconds=60)) is None


def test_a_success_does_not_shorten_what_a_receiver_asked_for() -> None:
    health = after(WELL, REST, SUCCESS)
    assert health.cooldown_until == NOW + timedelta(seconds=60)
    assert after(health, SUCCESS, at=health.cooldown_until).cooldown_until is None


def test_a_success_that_closes_the_circuit_does_not_shorten_it_either() -> None:
    health = after(WELL, *[RETRY] * OPEN_AFTER, REST, SUCCESS)
    assert health.failure_count == 0
    assert opens_at(health, NOW) == NOW + timedelta(seconds=60)


def test_a_busy_answer_without_a_time_counts_and_pauses_nothing() -> None:
    health = after(WELL, RETRY)
    assert health.failure_count == 1
    assert opens_at(health, NOW) is None


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
