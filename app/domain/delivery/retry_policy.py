"""What a webhook's owner may choose about retries, and what is made of it.

The operator's settings are the defaults of every field and its upper bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from app.domain.delivery.backoff import RetryPolicy


class RetryChoice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A webhook's own retry policy, times in seconds; None: as the operator has it.

    Either `schedule`, the pause before each retry, or the others.
    """

    schedule: list[int] | None = None
    base: int | None = None
    cap: int | None = None
    max_attempts: int | None = None
    max_age: int | None = None


class RetryLimits(NamedTuple):
    """The most that a webhook's owner may choose. The defaults are those of the settings."""

    max_attempts: int = 100
    max_age_seconds: float = 7 * 86_400.0
    attempt_seconds: float = 30.0


#: A lease outlives the longest attempt by this much: time to start it and to record it.
LEASE_MARGIN_SECONDS = 15.0


class RetryRules(NamedTuple):
    """What the operator has set: for webhooks without a choice, and the bounds of a choice."""

    policy: RetryPolicy = RetryPolicy()
    attempt_seconds: float = 15.0
    limits: RetryLimits = RetryLimits()

    def attempt_seconds_of(self, choice: float | None) -> float:
        """The total time of an attempt by a webhook's stored choice."""
        if choice is None:
            return self.attempt_seconds
        return min(choice, self.limits.attempt_seconds)

    def lease_seconds_of(self, choice: float | None) -> float:
        """How long a delivery belongs to the process that makes the attempt."""
        return self.attempt_seconds_of(choice) + LEASE_MARGIN_SECONDS

    def policy_of(self, choice: Mapping[str, object] | None) -> RetryPolicy:
        """The policy of a webhook by its stored choice, within the limits of today."""
        if not choice:
            return self.policy
        wanted = msgspec.convert(choice, RetryChoice)
        attempts = len(wanted.schedule) + 1 if wanted.schedule else wanted.max_attempts
        policy, limits = self.policy, self.limits
        return RetryPolicy(
            base_seconds=wanted.base or policy.base_seconds,
            cap_seconds=wanted.cap or policy.cap_seconds,
            max_attempts=min(attempts or policy.max_attempts, limits.max_attempts),
            max_age_seconds=min(wanted.max_age or policy.max_age_seconds, limits.max_age_seconds),
            schedule_seconds=tuple(wanted.schedule or ()),
        )


def retry_problem(choice: RetryChoice, rules: RetryRules) -> tuple[str, str] | None:
    """The first field of a choice that cannot be, and why; None: all can be."""
    limits, schedule = rules.limits, choice.schedule
    max_age = choice.max_age or rules.policy.max_age_seconds
    cap = choice.cap or rules.policy.cap_seconds
    if choice.max_age and choice.max_age > limits.max_age_seconds:
        return "max_age", f"must be at most {limits.max_age_seconds:.0f} s"
    if schedule is None:
        if choice.max_attempts and choice.max_attempts > limits.max_attempts:
            return "max_attempts", f"must be at most {limits.max_attempts}"
        if choice.base and choice.base > cap:
            return "base", f"must be at most cap, which is {cap:.0f} s"
    elif choice.base or choice.cap or choice.max_attempts:
        return "schedule", "already says how often and when: leave out base, cap and max_attempts"
    elif len(schedule) >= limits.max_attempts:
        return "schedule", f"must have at most {limits.max_attempts - 1} retries"
    elif sum(schedule) > max_age:
        return "schedule", f"takes {sum(schedule)} s, longer than max_age, which is {max_age:.0f} s"
    return None
