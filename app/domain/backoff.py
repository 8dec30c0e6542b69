"""The retry schedule, and nothing else."""

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


def delay_seconds(failures: int, policy: RetryPolicy) -> float:
    """The pause after the n-th counted failure, n from 1: base x 3^(n-1), capped, before jitter."""
    exponent = min(failures - 1, 60)
    return min(policy.base_seconds * 3.0**exponent, policy.cap_seconds)


def jittered(seconds: float, chance: float) -> float:
    """`seconds` moved by up to ± 20 %; `chance` is from 0 (earliest) to 1 (latest)."""
    return seconds * (1 - JITTER + 2 * JITTER * chance)
