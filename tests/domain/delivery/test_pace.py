"""No second sees more deliveries than a webhook's rate limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.delivery.pace import permits, use_permits

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_the_first_delivery_leaves_at_once_and_the_next_a_turn_later() -> None:
    assert permits(None, 10, NOW) == 1
    next_permit_at = use_permits(None, 10, 1, NOW)
    assert next_permit_at == after(0.1)
    assert permits(next_permit_at, 10, after(0.09)) == 0
    assert permits(next_permit_at, 10, after(0.1)) == 1


def test_a_lull_gives_no_credit_for_a_burst() -> None:
    assert permits(use_permits(None, 10, 1, NOW), 10, after(60)) == 1


def test_a_fast_limit_makes_up_for_turns_missed_a_moment_ago() -> None:
    assert permits(use_permits(None, 1000, 1, NOW), 1000, after(0.021)) == 21


@pytest.mark.parametrize("rate", [1, 3, 10, 250])
def test_no_second_sees_more_than_the_limit(rate: int) -> None:
    next_permit_at: datetime | None = None
    at = 0.0
    sent: list[float] = []
    while at < 5:
        granted = min(7, permits(next_permit_at, rate, after(at)))
        if granted:
            sent += [at] * granted
            next_permit_at = use_permits(next_permit_at, rate, granted, after(at))
        at += 0.013
    for start in sent:
        assert sum(start <= moment < start + 1 for moment in sent) <= rate * 1.05 + 1
    assert len(sent) >= 5 * rate * 0.9
