"""Pushes of one webhook that wait to be sent: for a slot, for its limit, or for its secrets."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from app.domain.delivery.push import AGE_SECONDS_MAX
from app.storage.delivery.claims import Claimed
from app.storage.webhook.endpoints import Endpoint


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

    def fits(self, endpoint: Endpoint | None) -> bool:
        """Whether the endpoint is as it was when the next one was leased, its time-out included."""
        return bool(endpoint and self._pushes and endpoint.version == self._pushes[0].version)

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

    def take_outdated(self, endpoint: Endpoint | None, read_at: float) -> list[Claimed]:
        """Those for another version of the endpoint, which was read from `read_at` on."""
        outdated = []
        while self._pushes and read_at >= self._pushes[0].arrived_at and not self.fits(endpoint):
            outdated.append(self.take().claimed)
        return outdated

    def take_all(self) -> list[Claimed]:
        """All of them."""
        return [self.take().claimed for _ in range(len(self._pushes))]
