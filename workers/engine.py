"""The delivery engine: keeps as many attempts in flight as receivers and slots allow.

    notification ──► lane is due ──► slots granted ──► claimed ──► attempt in flight
    (webhook id)         ▲           (slots.py)     (completer.py)  (attempts.py)
                         │                                                │
                         └──────── settled, in the next transaction ◄─────┘

One loop per process: it takes finished attempts and notifications, shares the free slots out, and
runs one transaction that settles, gives back and claims. What finishes meanwhile goes into the next
one. Each attempt runs on its own (a greenlet in production), so a receiver costs nobody more than
the slots that it holds. docs/delivery.md tells the rules.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic

from app.domain.errors import StorageUnavailable
from app.domain.slots import grant
from app.storage.claims import Claimed
from app.storage.endpoints import Endpoint
from workers.attempts import Attempts
from workers.completer import Completer
from workers.lane import Lane
from workers.work import LEASE_MARGIN_SECONDS, Attempted, DeliveryConfig, WebhookWork

#: Webhooks that one transaction claims for: proven ones, and others. A claim takes a millisecond,
#: and those that answer well are not to wait for it.
PROVEN_AT_ONCE = 24
UNPROVEN_AT_ONCE = 8
#: How often other processes are asked to help with a backlog.
HELP_SECONDS = 0.2
#: Pause before outcomes are handed in again while PostgreSQL is away.
AWAY_SECONDS = 0.25
#: Webhooks whose limit is remembered.
LANES_MAX = 10_000

Spawn = Callable[[Callable[[], object]], object]


class DeliveryEngine:
    """Sends what is due of all webhooks that it is told of; one for each process.

    `notify` tells all processes that webhooks have something due. `spawn` runs a function beside
    the others, in a thread or a greenlet.
    """

    def __init__(
        self,
        completer: Completer,
        attempts: Attempts,
        config: DeliveryConfig,
        notify: Callable[[Iterable[str]], object],
        spawn: Spawn,
    ) -> None:
        self._completer = completer
        self._attempts = attempts
        self._config = config
        self._notify = notify
        self._spawn = spawn
        self._news = threading.Event()
        self._told_due: deque[str] = deque()
        self._ended: deque[tuple[Claimed, Attempted | None]] = deque()
        self._lanes: dict[str, Lane] = {}
        #: Those that are not idle.
        self._active: dict[str, Lane] = {}
        self._helped_at: dict[str, float] = {}
        self._away_until = 0.0
        self._stopping = False

    @property
    def in_flight(self) -> int:
        """Attempts under way."""
        return sum(lane.in_flight for lane in list(self._active.values()))

    def note_due(self, webhook_ids: Iterable[str]) -> None:
        """Webhooks may have something due. Returns at once; any thread may call."""
        self._told_due.extend(webhook_ids)
        self._news.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is in flight has been recorded."""
        self._stopping = True
        self._news.set()

    def run(self) -> None:
        """Deliver until stopped."""
        while not (self._stopping and self._is_drained()):
            self._news.wait(self._seconds_to_wait())
            self._news.clear()
            self._take_news()
            now = monotonic()
            works = self._plan(now) if now >= self._away_until else []
            if works:
                self._run_transaction(works)

    def _is_drained(self) -> bool:
        return not self._ended and not any(
            lane.in_flight or lane.has_results for lane in self._active.values()
        )

    def _seconds_to_wait(self) -> float | None:
        now = monotonic()
        moments = [at for lane in self._active.values() if (at := lane.wakes_at(now)) is not None]
        if self._away_until > now:
            moments.append(self._away_until)
        return max(0.0, min(moments) - now) if moments else None

    def _take_news(self) -> None:
        now = monotonic()
        while self._told_due:
            self._lane(self._told_due.popleft()).note_due(now)
        while self._ended:
            claimed, attempted = self._ended.popleft()
            self._lanes[claimed.webhook_id].finish(claimed, attempted, now)

    def _lane(self, webhook_id: str) -> Lane:
        lane = self._lanes.get(webhook_id)
        if lane is None:
            if len(self._lanes) >= LANES_MAX:
                self._lanes = dict(self._active)
            lane = self._lanes[webhook_id] = Lane(webhook_id, self._config.max_in_flight)
        self._active[webhook_id] = lane
        return lane

    def _plan(self, now: float) -> list[WebhookWork]:
        """What the next transaction does."""
        self._active = {key: lane for key, lane in self._active.items() if not lane.is_idle}
        granted = {} if self._stopping else self._grant(now)
        return [
            lane.work(granted.get(key, 0), now)
            for key, lane in self._active.items()
            if lane.has_results or key in granted
        ]

    def _grant(self, now: float) -> dict[str, int]:
        """The slots that each webhook may fill now; those that waited longest come first."""
        demands = [lane.demand(now) for lane in self._active.values()]
        granted = grant(self._config.slots, demands)
        for demand in demands:
            if demand.wanted > granted.get(demand.webhook_id, 0):
                lane = self._active[demand.webhook_id]
                lane.waits_for = "slots" if demand.proven else "bulkhead"
        longest = sorted(
            (demand for demand in demands if demand.webhook_id in granted),
            key=lambda demand: self._active[demand.webhook_id].asked_at,
        )
        proven = [demand.webhook_id for demand in longest if demand.proven]
        others = [demand.webhook_id for demand in longest if not demand.proven]
        first = proven[:PROVEN_AT_ONCE] + others[:UNPROVEN_AT_ONCE]
        return {webhook_id: granted[webhook_id] for webhook_id in first}

    def _run_transaction(self, works: list[WebhookWork]) -> None:
        reasons = {work.webhook_id: self._active[work.webhook_id].waits_for for work in works}
        notify = self._completer.run(works)
        now = monotonic()
        for work in works:
            lane = self._active[work.webhook_id]
            lane.take(work, now)
            if isinstance(work.error, StorageUnavailable):
                self._away_until = now + AWAY_SECONDS
            lane.start(work.claimed, now)
            for claimed in work.claimed:
                assert work.endpoint is not None
                reason = reasons[work.webhook_id]
                self._spawn(partial(self._attempt, work.endpoint, claimed, work.asked_at, reason))
        notify |= {work.webhook_id for work in works if self._needs_help(work, now)}
        if notify:
            self._spawn(partial(self._notify, notify))
        self._news.set()  # there may be more to claim

    def _needs_help(self, work: WebhookWork, now: float) -> bool:
        if (
            not work.more
            or work.wait_seconds
            or now < self._helped_at.get(work.webhook_id, 0.0) + HELP_SECONDS
        ):
            return False
        if len(self._helped_at) >= LANES_MAX:
            self._helped_at.clear()
        self._helped_at[work.webhook_id] = now
        return True

    def _attempt(
        self, endpoint: Endpoint, claimed: Claimed, asked_at: float, waited_for: str | None
    ) -> None:
        attempted = None
        # If this process has slept, an attempt might outlive the lease.
        if monotonic() <= asked_at + LEASE_MARGIN_SECONDS:
            attempted = self._attempts.make(endpoint, claimed, waited_for)
        self._ended.append((claimed, attempted))
        self._news.set()
