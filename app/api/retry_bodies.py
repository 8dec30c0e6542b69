"""A webhook's own retry policy as callers send and see it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from app.domain.delivery.retry_policy import RetryChoice, RetryRules, retry_problem
from app.domain.errors import Invalid

#: What any operator can allow; the settings say what this one does.
_DAY = 86_400
Schedule = Annotated[
    list[Annotated[int, Meta(ge=1, le=30 * _DAY)]],
    Meta(
        min_length=1,
        max_length=999,
        description="Seconds before each retry, instead of base, cap and max_attempts",
    ),
]
Base = Annotated[
    int,
    Meta(ge=1, le=_DAY, description="Seconds before the first retry; each later pause is 3 times"),
]
Cap = Annotated[int, Meta(ge=1, le=7 * _DAY, description="Longest pause between two, in seconds")]
MaxAttempts = Annotated[
    int, Meta(ge=1, le=1000, description="Attempts in all; at most RETRY_MAX_ATTEMPTS_LIMIT")
]
MaxAge = Annotated[
    int,
    Meta(
        ge=1,
        le=366 * _DAY,
        description="Seconds after the event when it fails; at most RETRY_MAX_AGE_SECONDS_LIMIT",
    ),
]
Timeout = Annotated[
    int,
    Meta(
        ge=1,
        le=30,
        description="Seconds of an attempt in all; at most DELIVERY_TOTAL_SECONDS_LIMIT",
    ),
]


class Retry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """When a failed delivery is tried again; what is absent or null is as the operator has it."""

    schedule: Schedule | None = None
    base: Base | None = None
    cap: Cap | None = None
    max_attempts: MaxAttempts | None = None
    max_age: MaxAge | None = None


class RetryView(msgspec.Struct, frozen=True):
    """A webhook's own retry policy, times in seconds; null: as the operator has it."""

    schedule: list[int] | None = None
    base: int | None = None
    cap: int | None = None
    max_attempts: int | None = None
    max_age: int | None = None


def checked_retry(retry: Retry | None, rules: RetryRules) -> dict[str, object] | None:
    """The policy as it is stored; None: the operator's. Raises `Invalid`."""
    chosen = msgspec.to_builtins(retry) if retry is not None else {}
    problem = retry_problem(msgspec.convert(chosen, RetryChoice), rules)
    if problem:
        field, why = problem
        raise Invalid({f"retry.{field}": why})
    return chosen or None


def checked_timeout(seconds: int | None, rules: RetryRules) -> int | None:
    """The total time of an attempt; None: the operator's. Raises `Invalid`."""
    most = rules.limits.attempt_seconds
    if seconds is not None and seconds > most:
        raise Invalid({"timeout_seconds": f"must be at most {most:g} s here"})
    return seconds


def retry_view(stored: dict[str, object] | None) -> RetryView | None:
    """A stored policy as callers see it."""
    return msgspec.convert(stored, RetryView) if stored else None
