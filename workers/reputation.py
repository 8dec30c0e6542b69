"""What a process has learned about a receiver: its concurrency limit, and how well it answers."""

from __future__ import annotations

import time

from app.domain.delivery.concurrency import Answer, ConcurrencyLimit
from app.domain.delivery.delivery import Verdict
from app.domain.delivery.health import is_circuit_open
from app.storage.webhook.endpoints import Endpoint
from workers.work import Attempted

#: An answer that takes longer, or an attempt without one for so long, makes a webhook unproven.
SLOW_SECONDS = 2.0
#: So do failures in a row.
FAILURES_MAX = 3
#: The limit is remembered this often, if it has changed by this factor.
REMEMBER_SECONDS = 10.0
REMEMBER_FACTOR = 1.5


class Reputation:
    """Of one webhook, as long as its URL stays the same. Times are monotonic seconds."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._limit = ConcurrencyLimit(cap)
        self._answers_well = False
        self._failures = 0
        #: The limit at the last success.
        self._borne = 1
        self._remembered_at = time.monotonic()

    @property
    def limit(self) -> int:
        """Attempts that may be in flight."""
        return self._limit.value

    def is_proven(self, oldest_at: float | None, now: float) -> bool:
        """Whether it answers well of late; `oldest_at`: when its oldest attempt in flight began."""
        return self._answers_well and (oldest_at is None or now - oldest_at < SLOW_SECONDS)

    def note(self, attempted: Attempted, started_at: float, in_flight: int, now: float) -> None:
        """Learn from an attempt, and judge whether it counts against the endpoint.

        `in_flight`: attempts under way when it started, itself included.
        """
        is_news = self._limit.observe(
            attempted.answer, started_at, now, attempted.waited_seconds, in_flight
        )
        limit = self._limit.value
        # The limit has doubled at most since it was borne: above half of that, a refusal may be due
        # to what we sent at once.
        below = is_news and (limit == 1 or 2 * limit <= self._borne)
        attempted.counts = below or attempted.answer is not Answer.REFUSED
        succeeded = attempted.decision.verdict is Verdict.SUCCEEDED
        self._failures = 0 if succeeded else self._failures + 1
        if succeeded:
            self._borne = limit
            self._answers_well = now - started_at < SLOW_SECONDS
        elif attempted.answer is Answer.TIMED_OUT or self._failures >= FAILURES_MAX:
            self._answers_well = False

    def update(self, before: Endpoint | None, after: Endpoint | None) -> None:
        """Start anew with another URL or an open circuit, and at first from what others learned."""
        if after is None:
            return
        if is_circuit_open(after.health) or (before is not None and before.url != after.url):
            self._start_limit(1)
            self._answers_well = False
        elif before is None:
            self._start_limit((after.health.concurrency_limit or 0) / 2)

    def worth_remembering(self, endpoint: Endpoint | None, now: float) -> int | None:
        """The limit, if others are to know it."""
        if endpoint is None or now - self._remembered_at < REMEMBER_SECONDS:
            return None
        self._remembered_at = now
        known, limit = endpoint.health.concurrency_limit or 1, self._limit.value
        is_new = max(known, limit) >= REMEMBER_FACTOR * min(known, limit)
        return limit if is_new else None

    def _start_limit(self, start: float) -> None:
        self._limit = ConcurrencyLimit(self._cap, max(1.0, start))
