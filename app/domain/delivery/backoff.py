"""Exponential backoff, and the retry schedule of deliveries."""

from __future__ import annotations

from typing import NamedTuple

#: Width of the jitter: a delay is moved by up to this share of itself, either way.
JITTER = 0.2


class RetryPolicy(NamedTuple):
    """How long a delivery is retried. The defaults are the documented schedule."""

    base_seconds: float = 5.0
    cap_seconds: float = 12 * 3600.0
    max_attempts: int = 15
    max_age_seconds: float = 72 * 3600.0
    #: The pause after each failure, in place of base and cap; the last one repeats.
    schedule_seconds: tuple[float, ...] = ()


def exponential_seconds(
    failures: int, base_seconds: float, cap_seconds: float, factor: float = 2.0
) -> float:
    """The pause after the n-th failure, n from 1: base x factor^(n-1), capped, before jitter."""
    exponent = min(max(failures, 1) - 1, 60)
    return float(min(base_seconds * factor**exponent, cap_seconds))


def delay_seconds(failures: int, policy: RetryPolicy) -> float:
    """The pause of a delivery after its n-th counted failure."""
    schedule = policy.schedule_seconds
    if schedule:
        return schedule[min(max(failures, 1), len(schedule)) - 1]
    return exponential_seconds(failures, policy.base_seconds, policy.cap_seconds, 3.0)


def jittered(seconds: float, chance: float) -> float:
    """`seconds` moved by up to ± 20 %; `chance` is from 0 (earliest) to 1 (latest)."""
    return seconds * (1 - JITTER + 2 * JITTER * chance)
