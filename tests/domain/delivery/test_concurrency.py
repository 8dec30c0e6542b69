"""The adaptive limit against models of receivers, a minute of each in virtual time."""

from __future__ import annotations

import pytest

from app.domain.delivery.concurrency import Answer, ConcurrencyLimit
from scripts.commands.bench.receiver_models import (
    capped,
    fast,
    flaky,
    flapping,
    hanging,
    serial,
    simulate,
    slow,
    steady,
)

SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.all_only) for seed in (2, 3))]


def answered(limit: ConcurrencyLimit, *answers: Answer, at: float = 0.0) -> int:
    """The limit after answers to attempts that filled it."""
    for answer in answers:
        limit.observe(answer, at, at + 0.1, 0.1, limit.value)
    return limit.value


def test_a_new_webhook_gets_one_attempt_and_more_with_each_window_of_good_answers() -> None:
    limit = ConcurrencyLimit(cap=256)
    values = [limit.value] + [answered(limit, *[Answer.GOOD] * limit.value) for _ in range(11)]
    assert values == [1, 2, 4, 8, 16, 24, 36, 54, 81, 121, 182, 256]


def test_the_limit_never_exceeds_the_cap_nor_falls_below_one() -> None:
    limit = ConcurrencyLimit(cap=3)
    assert answered(limit, *[Answer.GOOD] * 50) == 3
    assert answered(limit, *[Answer.TIMED_OUT] * 50) == 1


def test_a_limit_that_nothing_fills_does_not_grow() -> None:
    limit = ConcurrencyLimit(cap=256, start=64)
    for _ in range(1000):
        limit.observe(Answer.GOOD, 0.0, 0.1, 0.1, in_flight=3)
    assert limit.value == 64


def test_what_left_before_a_decrease_never_costs_more_than_half() -> None:
    limit = ConcurrencyLimit(cap=256, start=100)
    values = []
    for _ in range(100):
        limit.observe(Answer.REFUSED, 1.0, 2.0, 1.0, in_flight=100)
        values.append(limit.value)
    assert [values[number - 1] for number in (1, 15, 16, 50, 51, 100)] == [85, 85, 84, 50, 50, 50]


def test_failures_that_say_nothing_about_load_leave_the_limit_alone() -> None:
    limit = ConcurrencyLimit(cap=256, start=50)
    assert answered(limit, *[Answer.OTHER] * 500) == 50


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fast_receiver_gets_all_that_the_cap_allows(seed: int) -> None:
    assert simulate(fast, 1, seed=seed).average_in_flight > 240


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_receiver_that_bears_it_gets_more_than_250_a_second(seed: int) -> None:
    assert simulate(slow, 20, seed=seed).rate > 700


def test_of_those_sent_together_as_many_as_were_refused_were_too_many() -> None:
    limit = ConcurrencyLimit(cap=256, start=32)
    for _ in range(12):
        limit.observe(Answer.REFUSED, 1.0, 1.1, 0.1, in_flight=32)
    assert limit.value == 20


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("most", [3, 10, 20, 50, 200])
def test_what_a_receiver_bears_is_used_and_rarely_exceeded(most: int, seed: int) -> None:
    # From the first attempt on: that is where it may be exceeded most.
    beginning, minute = (simulate(capped(most), seconds, seed=seed) for seconds in (15, 60))
    assert beginning.refused_share <= 0.02
    assert minute.refused_share <= 0.0125
    assert 0.9 * most <= minute.average_in_flight <= most


@pytest.mark.parametrize("seed", SEEDS)
def test_random_refusals_cost_less_than_a_fifth_of_the_rate(seed: int) -> None:
    assert simulate(flaky, 30, seed=seed).rate >= 0.8 * simulate(steady, 10, seed=seed).rate


def test_random_refusals_at_the_start_do_not_hold_the_limit_down_for_long() -> None:
    rates = [simulate(flaky, 6, seed=seed).rate for seed in range(1, 5)]
    assert sum(rates) / 4 >= 0.5 * simulate(steady, 6).rate


@pytest.mark.parametrize("seed", SEEDS)
def test_a_receiver_that_hangs_is_left_with_one_attempt(seed: int) -> None:
    assert simulate(hanging, 120, seed=seed).average_in_flight == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_receiver_that_flaps_is_left_with_one_attempt_and_recovers_within_seconds(
    seed: int,
) -> None:
    run = simulate(flapping, 40, seed=seed)
    limits = [limit for _, limit in run.limits]
    assert min(limits[1000:]) == 1
    assert max(limits) == 256
    assert run.good > 15_000


@pytest.mark.parametrize("seed", SEEDS)
def test_a_receiver_that_works_one_by_one_is_not_flooded(seed: int) -> None:
    run = simulate(serial, 60, seed=seed)
    assert run.rate > 49  # all that it can
    assert run.average_in_flight < 40
