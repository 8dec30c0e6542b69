"""Starts attempts, a few at a time: what arrives meanwhile is not to wait for all of them.

Starting an attempt takes half a millisecond of processor time, and under gevent nothing is read
while others are ready to run. If all that one transaction claims started at once, a push or an
answer would be read some 30 ms later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic
from typing import NamedTuple

from app.domain.delivery.retry_policy import LEASE_MARGIN_SECONDS
from app.storage.delivery.claims import Claimed
from app.storage.webhook.endpoints import Endpoint
from workers.attempts import Attempts
from workers.transactions import Spawn
from workers.work import Attempted

#: Pushes that start in one turn of the engine's loop: as many as one lead usually has.
PUSHED_AT_ONCE = 12
#: Claimed attempts that start in one turn, after the pushes.
CLAIMED_AT_ONCE = 4


class Start(NamedTuple):
    """An attempt to be made."""

    endpoint: Endpoint
    claimed: Claimed
    #: The lease began then, or later (monotonic seconds).
    leased_at: float
    #: What had kept it from leaving although it was due.
    waited_for: str | None


class FairQueue:
    """Attempts that wait to be started; orgs take turns, whatever many one of them has."""

    def __init__(self) -> None:
        self._by_org: dict[str, deque[Start]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, start: Start) -> None:
        """One more of its org."""
        self._by_org.setdefault(start.endpoint.org_id, deque()).append(start)
        self._count += 1

    def take(self) -> Start:
        """The first of the org whose turn it is; there must be one."""
        org_id = next(iter(self._by_org))
        its = self._by_org.pop(org_id)
        start = its.popleft()
        if its:
            self._by_org[org_id] = its
        self._count -= 1
        return start


class Starter:
    """Used by the engine's loop alone. `wake` tells the loop that an attempt has ended."""

    def __init__(self, attempts: Attempts, spawn: Spawn, wake: Callable[[], object]) -> None:
        self._attempts = attempts
        self._spawn = spawn
        self._wake = wake
        self._pushed, self._claimed = FairQueue(), FairQueue()
        self._ended: deque[tuple[Claimed, Attempted | None]] = deque()

    def add(self, start: Start, *, is_push: bool) -> None:
        """Start an attempt as soon as may be."""
        (self._pushed if is_push else self._claimed).add(start)

    def start_some(self) -> None:
        """Start those whose turn it is."""
        for waiting, most in (
            (self._pushed, PUSHED_AT_ONCE),
            (self._claimed, CLAIMED_AT_ONCE),
        ):
            for _ in range(min(len(waiting), most)):
                self._spawn(partial(self._attempt, waiting.take()))

    @property
    def has_waiting(self) -> bool:
        """Whether others are to start in the next turn."""
        return bool(self._pushed or self._claimed)

    def take_ended(self) -> Iterator[tuple[Claimed, Attempted | None]]:
        """Those that are over, with what came of each; None: it was not made."""
        while self._ended:
            yield self._ended.popleft()

    def _attempt(self, start: Start) -> None:
        attempted = None
        # If this process has slept, an attempt might outlive the lease.
        if monotonic() <= start.leased_at + LEASE_MARGIN_SECONDS:
            attempted = self._attempts.make(start.endpoint, start.claimed, start.waited_for)
        self._ended.append((start.claimed, attempted))
        self._wake()
