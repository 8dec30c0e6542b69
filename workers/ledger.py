"""The delivery workers' ledger: outcomes in, next deliveries out, many threads to a transaction.

Each thread of a process hands in what it has attempted and asks for more. While one transaction is
on its way the others gather (group.py), and the next one carries them all: alone a thread waits for
nobody, under load one commit serves dozens. Holding the endpoint's row lock, a transaction settles
first and claims afterwards, so the window is exact across all processes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from app.domain.errors import StorageUnavailable
from app.domain.health import Health, after_attempt, allowance
from app.domain.pace import turns, use_turns
from app.storage import claims, deliveries, endpoints
from app.storage.claims import Claimed
from app.storage.database import Cursor, Database, TransactionConflict, transaction
from app.storage.endpoints import Endpoint
from workers.consequences import follow_up
from workers.exchange import Attempted, Exchange, Terms
from workers.group import Group

#: Turns of an endpoint without a rate limit of its own.
UNLIMITED = 1_000_000


class Ledger:
    """Groups the exchanges of many threads into transactions on one connection."""

    def __init__(
        self,
        database: Database,
        terms: Terms,
        wake: Callable[[set[str]], object],
    ) -> None:
        self._database = database
        self._terms = terms
        self._wake = wake
        self._group = Group(self._run)

    def exchange(
        self,
        webhook_id: str,
        attempted: Sequence[Attempted],
        wanted: int,
        unsent: Sequence[Claimed] = (),
    ) -> Exchange:
        """Record what was attempted, lease up to `wanted` due deliveries of the webhook.

        `unsent`: leased deliveries that others may have now. Raises `StorageUnavailable`; what
        was handed in is not recorded then.
        """
        mine = Exchange(webhook_id, attempted, wanted, unsent)
        self._group.share(mine)
        if isinstance(mine.error, StorageUnavailable):
            # Many threads share the error; each raises its own, lest tracebacks pile up on one.
            raise StorageUnavailable from mine.error
        if mine.error is not None:
            raise mine.error
        return mine

    def _run(self, batch: list[Exchange]) -> None:
        try:
            self._transact(batch)
        except StorageUnavailable as error:
            for exchange in batch:
                exchange.error = error
        except Exception as error:
            self._run_apart(batch, error)

    def _run_apart(self, batch: list[Exchange], error: Exception) -> None:
        """Something in this batch cannot be stored: the others must not suffer for it."""
        if len(batch) == 1:
            batch[0].error = error
            return
        for exchange in batch:
            self._run([exchange])

    def _transact(self, batch: list[Exchange]) -> None:
        while True:
            for exchange in batch:
                exchange.start_over()
            try:
                with transaction(self._database) as cursor:
                    known = endpoints.lock(cursor, (exchange.webhook_id for exchange in batch))
                    owed = self._settle(cursor, batch, known)
                    self._give_back(cursor, batch, known)
                    self._claim(cursor, batch, known)
            except TransactionConflict:
                continue
            if owed:
                self._wake(owed)
            return

    def _settle(
        self, cursor: Cursor, batch: Iterable[Exchange], known: dict[str, Endpoint]
    ) -> set[str]:
        owed: set[str] = set()
        handed_in = [(e.webhook_id, attempted) for e in batch for attempted in e.attempted]
        held = deliveries.settle(cursor, [attempted.row for _, attempted in handed_in])
        at_first = {webhook_id: endpoint.health for webhook_id, endpoint in known.items()}
        for webhook_id, attempted in handed_in:
            endpoint = known.get(webhook_id)
            if endpoint is None or attempted.row.delivery_id not in held:
                continue
            endpoint.in_flight -= 1
            # What another URL answered is no news of this one.
            if attempted.url == endpoint.url:
                before = endpoint.health
                endpoint.health = self._health_after(endpoint, attempted)
                owed |= follow_up(cursor, endpoint, before, attempted.decision)
        changed = [e for e in known.values() if e.health != at_first[e.webhook_id]]
        endpoints.save_health(cursor, changed)
        return owed

    def _give_back(
        self, cursor: Cursor, batch: Iterable[Exchange], known: dict[str, Endpoint]
    ) -> None:
        unsent = [claimed for exchange in batch for claimed in exchange.unsent]
        for webhook_id in deliveries.give_back(cursor, unsent):
            if webhook_id in known:
                known[webhook_id].in_flight -= 1

    def _health_after(self, endpoint: Endpoint, attempted: Attempted) -> Health:
        return after_attempt(
            endpoint.health,
            attempted.decision,
            timed_out=attempted.timed_out,
            window=self._terms.window,
            policy=self._terms.policy,
            now=endpoint.read_at,
            chance=random.random(),
        )

    def _claim(self, cursor: Cursor, batch: Iterable[Exchange], known: dict[str, Endpoint]) -> None:
        for webhook_id, asking in _askers(batch).items():
            endpoint = known.get(webhook_id)
            if endpoint is not None and endpoint.status == "active":
                self._claim_for(cursor, endpoint, asking)

    def _claim_for(self, cursor: Cursor, endpoint: Endpoint, asking: list[Exchange]) -> None:
        now = endpoint.read_at
        free = allowance(endpoint.health, endpoint.in_flight, self._terms.window, now)
        wanted = sum(exchange.wanted for exchange in asking)
        asked = min(free, wanted, claims.CLAIMED_AT_ONCE_MAX)
        granted = min(asked, _turns(endpoint))
        claimed = []
        if granted:
            claimed = claims.claim(
                cursor,
                endpoint.webhook_id,
                granted,
                self._terms.lease_seconds,
                ordered=endpoint.ordered,
            )
            self._keep_pace(cursor, endpoint, len(claimed))
        _hand_out(claimed, asking, endpoint, more=len(claimed) == granted < free)
        opens_at = endpoint.paced_until if granted < asked else endpoint.health.rest_until
        if opens_at is not None:
            for exchange in asking:
                exchange.wait_seconds = (opens_at - now).total_seconds()

    def _keep_pace(self, cursor: Cursor, endpoint: Endpoint, count: int) -> None:
        if endpoint.rate_limit and count:
            endpoint.paced_until = use_turns(
                endpoint.paced_until, endpoint.rate_limit, count, endpoint.read_at
            )
            endpoints.save_pace(cursor, endpoint.webhook_id, endpoint.paced_until)


def _turns(endpoint: Endpoint) -> int:
    if not endpoint.rate_limit:
        return UNLIMITED
    return turns(endpoint.paced_until, endpoint.rate_limit, endpoint.read_at)


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
