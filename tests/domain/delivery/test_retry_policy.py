"""What a webhook's own retry policy comes to, and what it may not be."""

from __future__ import annotations

import msgspec
import pytest

from app.domain.delivery.backoff import RetryPolicy, delay_seconds
from app.domain.delivery.delivery import Decision, History, Verdict, decide
from app.domain.delivery.retry_policy import RetryChoice, RetryLimits, RetryRules, retry_problem

HOUR = 3600
RULES = RetryRules(
    RetryPolicy(base_seconds=5, cap_seconds=12 * HOUR, max_attempts=15, max_age_seconds=72 * HOUR),
    attempt_seconds=15,
    limits=RetryLimits(max_attempts=20, max_age_seconds=96 * HOUR, attempt_seconds=20),
)
MIDDLE = 0.5


def plan(choice: RetryChoice) -> list[float | None]:
    """The pauses of a delivery that always fails, up to the attempt that gives it up."""
    policy = RULES.policy_of(msgspec.to_builtins(choice))
    pauses: list[float | None] = []
    age = 0.0
    while not pauses or pauses[-1] is not None:
        pause = decide(History(len(pauses), 0, age), 500, None, policy, MIDDLE).delay_seconds
        pauses.append(pause)
        age += pause or 0.0
    return pauses


@pytest.mark.parametrize(
    ("choice", "pauses"),
    [
        (RetryChoice(schedule=[1, 60, 60, 600]), [1, 60, 60, 600, None]),
        (RetryChoice(schedule=[HOUR]), [HOUR, None]),
        (RetryChoice(max_attempts=1), [None]),
        (RetryChoice(max_attempts=4), [5, 15, 45, None]),
        (RetryChoice(base=60, max_attempts=4), [60, 180, 540, None]),
        (RetryChoice(base=60, cap=100, max_attempts=4), [60, 100, 100, None]),
        (RetryChoice(cap=2, max_attempts=3), [2, 2, None]),
        (RetryChoice(max_age=60), [5, 15, None]),
        (RetryChoice(schedule=[10, 10, 10], max_age=30), [10, 10, 10, None]),
    ],
)
def test_when_a_delivery_is_tried_again(choice: RetryChoice, pauses: list[float | None]) -> None:
    assert retry_problem(choice, RULES) is None
    assert plan(choice) == pauses


def test_a_webhook_without_a_choice_follows_the_operators_policy() -> None:
    assert RULES.policy_of(None) is RULES.policy_of({}) is RULES.policy


def test_what_was_stored_stays_within_limits_that_were_lowered_since() -> None:
    stored = {"max_attempts": 99, "max_age": 999 * HOUR}
    policy = RULES.policy_of(stored)
    assert (policy.max_attempts, policy.max_age_seconds) == (20, 96 * HOUR)
    assert RULES.policy_of({"schedule": [1] * 50}).max_attempts == 20
    assert [RULES.attempt_seconds_of(choice) for choice in (None, 5, 30)] == [15, 5, 20]


def test_a_retry_after_counts_as_without_a_choice() -> None:
    policy = RULES.policy_of({"schedule": [10, 20]})
    fresh = History(0, 0, 0.0)
    assert decide(fresh, 503, 7.0, policy, MIDDLE) == Decision(Verdict.DEFERRED, 7.0, 7.0)
    assert decide(fresh, 500, 90.0, policy, MIDDLE) == Decision(Verdict.RETRY, 90.0, 90.0)
    assert decide(fresh, 500, None, policy, 0.0) == Decision(Verdict.RETRY, 8.0)


def test_the_last_pause_of_a_schedule_repeats() -> None:
    policy = RetryPolicy(schedule_seconds=(1.0, 2.0))
    assert [delay_seconds(failures, policy) for failures in (0, 1, 2, 3, 99)] == [1, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("choice", "field", "problem"),
    [
        (RetryChoice(schedule=[5], base=5), "schedule", "leave out base, cap and max_attempts"),
        (RetryChoice(schedule=[5], cap=5), "schedule", "leave out"),
        (RetryChoice(schedule=[5], max_attempts=2), "schedule", "leave out"),
        (RetryChoice(schedule=[5] * 20), "schedule", "at most 19 retries"),
        (RetryChoice(schedule=[60, 61], max_age=120), "schedule", "takes 121 s, longer than max_a"),
        (RetryChoice(schedule=[80 * HOUR]), "schedule", "max_age, which is 259200 s"),
        (RetryChoice(max_attempts=21), "max_attempts", "at most 20"),
        (RetryChoice(max_age=97 * HOUR), "max_age", "at most 345600 s"),
        (RetryChoice(base=61, cap=60), "base", "at most cap, which is 60 s"),
        (RetryChoice(base=13 * HOUR), "base", "at most cap, which is 43200 s"),
    ],
)
def test_a_policy_that_cannot_be_is_told_why(choice: RetryChoice, field: str, problem: str) -> None:
    found = retry_problem(choice, RULES)
    assert found is not None
    assert found[0] == field
    assert problem in found[1]
