"""The delivery workers' ledger: outcomes in, next deliveries out, many threads to a transaction.

Each thread of a process hands in what it has attempted and asks for more. While one transaction is
on its way the others gather, and the next one carries them all: alone a thread waits for nobody,
under load one commit serves dozens. Holding the endpoint's row lock, a transaction settles first
and claims afterwards, so the window is exact across all processes.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from app.domain.backoff import RetryPolicy
from app.domain.delivery import Decision
from app.domain.health import Health, after_attempt, allowance
from app.domain.pace import turns, use_turns
from app.storage import deliveries, endpoints
from app.storage.database import Cursor, Database, TransactionConflict, transaction
from app.storage.deliveries import Claimed, Settled
from app.storage.endpoints import Endpoint
from workers.consequences import follow_up

#: Turns of an endpoint without a rate limit of its own.
UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Attempted:
    """An attempt that was made and decided on."""

    row: Settled
    decision: Decision
    timed_out: bool


@dataclass
class Exchange:
    """What a thread hands in and asks for, and then what it gets."""

    webhook_id: str
    attempted: Attempted | None
    wanted: int
    endpoint: Endpoint | None = None
    claimed: list[Claimed] = field(default_factory=list)
    #: The endpoint could carry more than was asked for, and more may be due.
    more: bool = False
    #: The endpoint's own rate limit has no turn before that.
    wait_seconds: float = 0.0
    error: Exception | None = None
    done: bool = False


@dataclass(frozen=True)
class Terms:
    """The figures that the ledger goes by."""

    policy: RetryPolicy
    window: int
    lease_seconds: float


class Ledger:
    """Groups the exchanges of many threads into transactions on one connection."""

    def __init__(
        self,
        database: Database,
        terms: Terms,
        now: Callable[[], datetime],
        wake: Callable[[set[str]], object],
    ) -> None:
        self._database = database
        self._terms = terms
        self._now = now
        self._wake = wake
        self._waiting: list[Exchange] = []
        self._gathering = threading.Lock()
        self._transacting = threading.Lock()

    def exchange(self, webhook_id: str, attempted: Attempted | None, wanted: int) -> Exchange:
        """Record what was attempted, lease up to `wanted` due deliveries of the webhook.

        Raises `StorageUnavailable`; what was handed in is not recorded then.
        """
        mine = Exchange(webhook_id, attempted, wanted)
        with self._gathering:
            self._waiting.append(mine)
        with self._transacting:
            if not mine.done:
                with self._gathering:
                    batch, self._waiting = self._waiting, []
                self._run(batch)
        if mine.error is not None:
            raise mine.error
        return mine

    def _run(self, batch: list[Exchange]) -> None:
        try:
            self._transact(batch)
        except Exception as error:
            for exchange in batch:
                exchange.error = error
        finally:
            for exchange in batch:
                exchange.done = True

    def _transact(self, batch: list[Exchange]) -> None:
        while True:
            try:
                with transaction(self._database) as cursor:
                    now = self._now()
                    known = endpoints.lock(cursor, (exchange.webhook_id for exchange in batch))
                    owed = self._settle(cursor, batch, known, now)
                    self._claim(cursor, batch, known, now)
            except TransactionConflict:
                continue
            if owed:
                self._wake(owed)
            return

    def _settle(
        self,
        cursor: Cursor,
        batch: Iterable[Exchange],
        known: dict[str, Endpoint],
        now: datetime,
    ) -> set[str]:
        owed: set[str] = set()
        handed_in = [(e.webhook_id, e.attempted) for e in batch if e.attempted is not None]
        held = deliveries.settle(cursor, [attempted.row for _, attempted in handed_in])
        before = {webhook_id: endpoint.health for webhook_id, endpoint in known.items()}
        for webhook_id, attempted in handed_in:
            if attempted.row.delivery_id in held and webhook_id in known:
                endpoint = known[webhook_id]
                endpoint.health = self._health_after(endpoint, attempted, now)
                owed |= follow_up(cursor, endpoint, before[webhook_id], attempted.decision, now)
        changed = [e for e in known.values() if e.health != before[e.webhook_id]]
        endpoints.save_health(cursor, changed)
        return owed

    def _health_after(self, endpoint: Endpoint, attempted: Attempted, now: datetime) -> Health:
        return after_attempt(
            endpoint.health,
            attempted.decision,
            timed_out=attempted.timed_out,
            window=self._terms.window,
            policy=self._terms.policy,
            now=now,
            chance=random.random(),
        )

    def _claim(
        self,
        cursor: Cursor,
        batch: Iterable[Exchange],
        known: dict[str, Endpoint],
        now: datetime,
    ) -> None:
        for webhook_id, asking in _askers(batch).items():
            endpoint = known.get(webhook_id)
            if endpoint is not None and endpoint.status == "active":
                self._claim_for(cursor, endpoint, asking, now)

    def _claim_for(
        self, cursor: Cursor, endpoint: Endpoint, asking: list[Exchange], now: datetime
    ) -> None:
        in_flight = deliveries.count_in_flight(cursor, endpoint.webhook_id)
        free = allowance(endpoint.health, in_flight, self._terms.window, now)
        asked = min(free, sum(exchange.wanted for exchange in asking))
        granted = min(asked, _turns(endpoint, now))
        claimed = []
        if granted:
            claimed = deliveries.claim(
                cursor,
                endpoint.webhook_id,
                granted,
                self._terms.lease_seconds,
                ordered=endpoint.ordered,
            )
            self._keep_pace(cursor, endpoint, len(claimed), now)
        _hand_out(claimed, asking, endpoint, more=len(claimed) == granted < free)
        if granted < asked and endpoint.paced_until is not None:
            for exchange in asking:
                exchange.wait_seconds = (endpoint.paced_until - now).total_seconds()

    def _keep_pace(self, cursor: Cursor, endpoint: Endpoint, count: int, now: datetime) -> None:
        if endpoint.rate_limit and count:
            endpoint.paced_until = use_turns(endpoint.paced_until, endpoint.rate_limit, count, now)
            endpoints.save_pace(cursor, endpoint.webhook_id, endpoint.paced_until)


def _turns(endpoint: Endpoint, now: datetime) -> int:
    if not endpoint.rate_limit:
        return UNLIMITED
    return turns(endpoint.paced_until, endpoint.rate_limit, now)


def _askers(batch: Iterable[Exchange]) -> dict[str, list[Exchange]]:
    by_webhook: dict[str, list[Exchange]] = {}
    for exchange in batch:
        if exchange.wanted:
            by_webhook.setdefault(exchange.webhook_id, []).append(exchange)
    return by_webhook


def _hand_out(
    claimed: list[Claimed], asking: list[Exchange], endpoint: Endpoint, *, more: bool
) -> None:
    supply = iter(claimed)
    for exchange in asking:
        exchange.endpoint = endpoint
        exchange.claimed = list(islice(supply, exchange.wanted))
        exchange.more = more
