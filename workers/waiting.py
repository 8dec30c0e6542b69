"""Pushes of one webhook that wait to be sent: for a slot, for its limit, or for its secrets."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from app.domain.push import AGE_SECONDS_MAX
from app.storage.claims import Claimed
from app.storage.endpoints import Endpoint


class DatabaseClock(NamedTuple):
    """What PostgreSQL's clock showed at a moment, or soon after it (monotonic seconds)."""

    at: datetime | None = None
    read_at: float = 0.0

    def monotonic(self, moment: datetime) -> float:
        """That moment, or one before it; minus infinity if the clock was never read."""
        if self.at is None:
            return float("-inf")
        return self.read_at + (moment - self.at).total_seconds()


class WaitingPush(NamedTuple):
    """A push. Times are monotonic seconds."""

    claimed: Claimed
    #: Of the webhook (`Endpoint.version`).
    version: datetime
    #: The lease began then, or later.
    leased_at: float
    arrived_at: float


class WaitingPushes:
    """The oldest goes first. Used by the engine's loop alone."""

    def __init__(self) -> None:
        self._pushes: deque[WaitingPush] = deque()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._pushes)

    def add(self, push: WaitingPush) -> None:
        """One has arrived."""
        self._pushes.append(push)
        self.bytes += len(push.claimed.data)

    def fits(self, endpoint: Endpoint | None, read_at: float) -> bool:
        """Whether the endpoint, read from `read_at` on, is good enough to send the next one.

        It is the version that was recorded, or was read after the push had come.
        """
        if endpoint is None or not self._pushes:
            return False
        first = self._pushes[0]
        return endpoint.version == first.version or read_at >= first.arrived_at

    def take(self) -> WaitingPush:
        """The next one; there must be one."""
        push = self._pushes.popleft()
        self.bytes -= len(push.claimed.data)
        return push

    def stale_at(self) -> list[float]:
        """When the next one has waited for too long; empty without one."""
        return [push.leased_at + AGE_SECONDS_MAX for push in islice(self._pushes, 1)]

    def take_stale(self, now: float) -> list[Claimed]:
        """Those that have waited for too long."""
        stale = []
        while self._pushes and now - self._pushes[0].leased_at > AGE_SECONDS_MAX:
            stale.append(self.take().claimed)
        return stale

    def take_all(self) -> list[Claimed]:
        """All of them."""
        return [self.take().claimed for _ in range(len(self._pushes))]
