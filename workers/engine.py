"""The delivery engine: keeps as many attempts in flight as receivers and slots allow.

    notification ──► lane is due ──► slots granted ──► claimed ──► attempt in flight
    (webhook id)         ▲           (slots.py)     (completer.py)  (attempts.py)
                         │                ▲                 ▲             │
    push (a delivery ────│────────────────┴─────────────────┘             │
    that is leased)      └──────── settled, in the next transaction ◄─────┘

One loop per process: it takes what has finished, was pushed or notified, shares the free slots out,
sends what was pushed, and has one transaction at a time settle, give back and claim. What finishes
meanwhile goes into the next one. Each attempt runs on its own (a greenlet in production), so a
receiver costs nobody more than the slots that it holds. docs/delivery.md has the rules.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic, sleep

from app.domain.delivery.push import LOOK_SECONDS
from app.domain.errors import StorageUnavailable
from app.storage.delivery.claims import Claimed
from app.storage.delivery.leases import Held
from app.storage.delivery.pushes import Push
from workers.attempts import Attempts
from workers.completer import Completer
from workers.help import Help
from workers.lane import Lane
from workers.lanes import Lanes
from workers.leases import KnownLeases
from workers.starter import Start, Starter
from workers.transactions import Spawn, Transactions
from workers.waiting import DatabaseClock, WaitingPush
from workers.work import DeliveryConfig, Transaction

#: Pause before outcomes are handed in again while PostgreSQL is away.
AWAY_SECONDS = 0.25
#: Between two turns while attempts wait to be started: what others sent is read meanwhile.
TURN_SECONDS = 0.0005
#: A push that leaves sooner did not wait.
WAITED_SECONDS = 0.01
#: Memory for waiting pushes; beyond it they are given back.
WAITING_BYTES_MAX = 8 * 1024 * 1024


class DeliveryEngine:
    """Sends due deliveries of all webhooks that it is told about; one per process.

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
        self._notify = notify
        self._spawn = spawn
        self._news = threading.Event()
        self._starter = Starter(attempts, spawn, self._news.set)
        self._transactions = Transactions(completer, spawn, self._news.set)
        self._told_due: deque[str] = deque()
        self._pushed: deque[Push] = deque()
        self._lanes = Lanes(config)
        self._leases = KnownLeases()
        self._clock = DatabaseClock()
        self._help = Help()
        self._away_until = self._look_at = 0.0
        self._stopping = False

    @property
    def slots(self) -> int:
        """Attempts that may be under way."""
        return self._lanes.slots

    @property
    def in_flight(self) -> int:
        """Attempts under way."""
        return self._lanes.in_flight

    def note_due(self, webhook_ids: Iterable[str]) -> None:
        """Webhooks may have something due. Returns at once; any thread may call."""
        self._told_due.extend(webhook_ids)
        self._news.set()

    def take_pushes(self, pushes: Iterable[Push]) -> None:
        """Deliveries that this process holds. Returns at once; any thread may call."""
        self._pushed.extend(pushes)
        self._news.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is in flight has been recorded."""
        self._stopping = True
        self._news.set()

    def run(self) -> None:
        """Deliver until stopped."""
        while not (self._stopping and self._is_drained()):
            self._wait()
            self._take_news()
            now = monotonic()
            self._send_pushed(now)
            self._starter.start_some()
            if not self._transactions.is_running and now >= self._away_until:
                self._begin_transaction(now)

    def _is_drained(self) -> bool:
        return not (self._transactions.is_running or self._pushed or self._lanes.are_busy)

    def _wait(self) -> None:
        """Until there is something to do."""
        if self._starter.has_waiting:
            sleep(TURN_SECONDS)
        else:
            self._news.wait(self._seconds_to_wait())
        self._news.clear()

    def _seconds_to_wait(self) -> float:
        now = monotonic()
        moments = self._lanes.wakes_at(now)
        if not self._transactions.is_running:
            moments.append(max(self._look_at, self._away_until))
        return max(0.0, min(moments, default=now + LOOK_SECONDS) - now)

    def _take_news(self) -> None:
        now = monotonic()
        while self._told_due:
            self._lanes.of(self._told_due.popleft()).note_due(now)
        for claimed, attempted in self._starter.take_ended():
            self._lanes.of(claimed.webhook_id).finish(claimed, attempted, now)
        while self._pushed:
            self._take_push(self._pushed.popleft(), now)
        if (ended := self._transactions.take_ended()) is not None:
            self._end_transaction(ended, now)

    def _take_push(self, push: Push, now: float) -> None:
        if not self._leases.add(push.claimed.lease):
            return  # it came twice, or was given back
        if self._stopping or self._lanes.waiting_bytes > WAITING_BYTES_MAX:
            self._lanes.of(push.claimed.webhook_id).give_back([push.claimed], now)
        else:
            leased_at = self._clock.monotonic(push.leased_at)
            self._lanes.hold(WaitingPush(push.claimed, push.version, leased_at, now))

    def _send_pushed(self, now: float) -> None:
        """Send what was pushed and may leave now."""
        if not self._lanes.review_pushes(now, keep=not self._stopping):
            return
        for webhook_id, count in self._lanes.grant(now).items():
            lane = self._lanes.active[webhook_id]
            pushes = lane.take_pushes(count)
            lane.start([push.claimed for push in pushes], now)
            for push in pushes:
                reason = lane.waits_for if now - push.arrived_at > WAITED_SECONDS else None
                self._start(lane, push.claimed, push.leased_at, reason, is_push=True)

    def _begin_transaction(self, now: float) -> None:
        self._lanes.leave_idle(now)
        works = self._lanes.plan(now, claims=not self._stopping)
        looks = now >= self._look_at
        if not works and not looks:
            return
        if looks:
            self._look_at = now + LOOK_SECONDS
        self._transactions.begin(works, looks=looks)

    def _end_transaction(self, ended: Transaction, now: float) -> None:
        for work in ended.works:
            lane = self._lanes.of(work.webhook_id)
            lane.take(work, now)
            if isinstance(work.error, StorageUnavailable):
                self._away_until = now + AWAY_SECONDS
            lane.start(work.claimed, now)
            for claimed in work.claimed:
                self._leases.add(claimed.lease)
                self._start(lane, claimed, work.asked_at, work.waited_for, is_push=False)
        if ended.held is not None:
            self._look_for_lost(ended.held, ended.looked_at, now)
        if notify := ended.notify | self._help.needed(ended.works, now):
            self._spawn(partial(self._notify, notify))
        self._news.set()  # there may be more to claim

    def _look_for_lost(self, held: Held, looked_at: float, now: float) -> None:
        self._clock = DatabaseClock(held.at, looked_at)
        for lease in self._leases.find_lost(held.leases):
            self._lanes.of(lease.webhook_id).give_back([lease], now)

    def _start(
        self, lane: Lane, claimed: Claimed, leased_at: float, reason: str | None, *, is_push: bool
    ) -> None:
        assert lane.endpoint is not None
        self._starter.add(Start(lane.endpoint, claimed, leased_at, reason), is_push=is_push)
