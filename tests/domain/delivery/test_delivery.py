"""The decision after an attempt, and the schedule behind it."""

from __future__ import annotations

import pytest

from app.domain.delivery.backoff import RetryPolicy, delay_seconds, jittered
from app.domain.delivery.delivery import (
    DEFERRALS_MAX,
    Decision,
    History,
    Verdict,
    decide,
    unsent,
)

POLICY = RetryPolicy()
FRESH = History(failures=0, deferrals=0, age_seconds=0.0)
MIDDLE = 0.5


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [
        (1, 5),
        (2, 15),
        (3, 45),
        (4, 135),
        (5, 405),
        (8, 10_935),
        (9, 32_805),
        (10, 43_200),
        (99, 43_200),
    ],
)
def test_the_documented_schedule(failures: int, seconds: float) -> None:
    assert delay_seconds(failures, POLICY) == seconds


@pytest.mark.parametrize(("chance", "expected"), [(0.0, 80.0), (0.5, 100.0), (1.0, 120.0)])
def test_jitter_moves_a_delay_by_a_fifth_either_way(chance: float, expected: float) -> None:
    assert jittered(100.0, chance) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("history", "status", "retry_after", "expected"),
    [
        (FRESH, 200, None, Decision(Verdict.SUCCEEDED)),
        (FRESH, 299, 60.0, Decision(Verdict.SUCCEEDED)),
        (FRESH, 301, None, Decision(Verdict.RETRY, 5.0)),
        (FRESH, 404, None, Decision(Verdict.RETRY, 5.0)),
        (FRESH, 500, None, Decision(Verdict.RETRY, 5.0)),
        (FRESH, None, None, Decision(Verdict.RETRY, 5.0)),
        (FRESH._replace(failures=1), 500, None, Decision(Verdict.RETRY, 15.0)),
        (FRESH, 410, None, Decision(Verdict.GONE)),
        (FRESH, 429, 7.0, Decision(Verdict.DEFERRED, 7.0, 7.0)),
        (FRESH, 503, 90.0, Decision(Verdict.DEFERRED, 90.0, 90.0)),
        (FRESH, 503, 1e9, Decision(Verdict.DEFERRED, 86_400.0, 86_400.0)),
        (FRESH, 429, None, Decision(Verdict.RETRY, 5.0)),
        (FRESH, 500, 90.0, Decision(Verdict.RETRY, 90.0, 90.0)),
        (FRESH, 404, 1.0, Decision(Verdict.RETRY, 5.0, 1.0)),
        (FRESH, 302, 1e9, Decision(Verdict.RETRY, 86_400.0, 86_400.0)),
        (FRESH._replace(failures=14), 500, 90.0, Decision(Verdict.FAILED, None, 90.0)),
        (FRESH._replace(deferrals=DEFERRALS_MAX), 429, 1.0, Decision(Verdict.RETRY, 5.0, 1.0)),
        (FRESH._replace(deferrals=DEFERRALS_MAX), 429, 7.0, Decision(Verdict.RETRY, 7.0, 7.0)),
        (FRESH._replace(failures=14), 500, None, Decision(Verdict.FAILED)),
        (FRESH._replace(failures=13), 500, None, Decision(Verdict.RETRY, 43_200.0)),
        (FRESH._replace(age_seconds=72 * 3600.0), 500, None, Decision(Verdict.FAILED)),
        (FRESH._replace(age_seconds=72 * 3600.0 - 4), 500, None, Decision(Verdict.FAILED)),
    ],
)
def test_what_becomes_of_a_delivery(
    history: History, status: int | None, retry_after: float | None, expected: Decision
) -> None:
    assert decide(history, status, retry_after, POLICY, MIDDLE) == expected


def test_what_we_failed_to_send_costs_no_attempt_until_it_is_too_old() -> None:
    pause = POLICY.base_seconds
    assert unsent(FRESH, POLICY) == Decision(Verdict.DEFERRED, pause, pause)
    old = FRESH._replace(age_seconds=POLICY.max_age_seconds + 1)
    assert unsent(old, POLICY) == Decision(Verdict.FAILED)
