"""Settles attempted deliveries and claims due ones, for many threads in one transaction.

While one transaction runs, other threads' batches wait (batcher.py), and the next transaction
takes them all: a lone thread waits for nobody, and under load one commit serves dozens. The
transaction holds the webhook's row lock, settles first and claims afterwards, so the concurrency
limit is exact across all processes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from app.domain.errors import StorageUnavailable
from app.domain.health import Health, after_attempt, free_slots
from app.domain.pace import permits, use_permits
from app.storage import claims, deliveries, endpoints
from app.storage.claims import Claimed
from app.storage.database import Cursor, Database, retrying, transaction
from app.storage.endpoints import Endpoint
from workers.batch import Attempted, Batch, DeliveryConfig
from workers.batcher import Batcher
from workers.webhook_status import update_webhook_status

#: Permits of a webhook without a rate limit.
UNLIMITED = 1_000_000


class Completer:
    """Groups the batches of many threads into transactions on one connection."""

    def __init__(
        self,
        database: Database,
        config: DeliveryConfig,
        wake: Callable[[set[str]], object],
    ) -> None:
        self._database = database
        self._config = config
        self._wake = wake
        self._batcher = Batcher(self._run)

    def settle_and_claim(
        self,
        webhook_id: str,
        attempted: Sequence[Attempted],
        wanted: int,
        unsent: Sequence[Claimed] = (),
    ) -> Batch:
        """Record what was attempted, lease up to `wanted` due deliveries of the webhook.

        `unsent`: leased deliveries that others may have now. Raises `StorageUnavailable`; what
        was handed in is not recorded then.
        """
        mine = Batch(webhook_id, attempted, wanted, unsent)
        self._batcher.submit(mine)
        if isinstance(mine.error, StorageUnavailable):
            # Threads share the error; each raises its own so that tracebacks don't pile up on one.
            raise StorageUnavailable from mine.error
        if mine.error is not None:
            raise mine.error
        return mine

    def _run(self, batches: list[Batch]) -> None:
        try:
            self._transact(batches)
        except StorageUnavailable as error:
            for batch in batches:
                batch.error = error
        except Exception as error:
            self._run_apart(batches, error)

    def _run_apart(self, batches: list[Batch], error: Exception) -> None:
        """Run each batch alone, so that one that cannot be stored does not fail the others."""
        if len(batches) == 1:
            batches[0].error = error
            return
        for batch in batches:
            self._run([batch])

    def _transact(self, batches: list[Batch]) -> None:
        webhooks_to_notify = retrying(lambda: self._settle_and_claim(batches))
        if webhooks_to_notify:
            self._wake(webhooks_to_notify)

    def _settle_and_claim(self, batches: list[Batch]) -> set[str]:
        for batch in batches:
            batch.start_over()
        with transaction(self._database) as cursor:
            known = endpoints.lock(cursor, (batch.webhook_id for batch in batches))
            webhooks_to_notify = self._settle(cursor, batches, known)
            self._give_back(cursor, batches, known)
            self._claim(cursor, batches, known)
        return webhooks_to_notify

    def _settle(
        self, cursor: Cursor, batches: Iterable[Batch], known: dict[str, Endpoint]
    ) -> set[str]:
        webhooks_to_notify: set[str] = set()
        completed = [(e.webhook_id, attempted) for e in batches for attempted in e.attempted]
        held = deliveries.settle(cursor, [attempted.row for _, attempted in completed])
        at_first = {webhook_id: endpoint.health for webhook_id, endpoint in known.items()}
        for webhook_id, attempted in completed:
            endpoint = known.get(webhook_id)
            if endpoint is None or attempted.row.delivery_id not in held:
                continue
            endpoint.in_flight -= 1
            # An answer from another URL says nothing about this one.
            if attempted.url == endpoint.url:
                before = endpoint.health
                endpoint.health = self._health_after(endpoint, attempted)
                webhooks_to_notify |= update_webhook_status(
                    cursor, endpoint, before, attempted.decision
                )
        changed = [e for e in known.values() if e.health != at_first[e.webhook_id]]
        endpoints.save_health(cursor, changed)
        return webhooks_to_notify

    def _give_back(
        self, cursor: Cursor, batches: Iterable[Batch], known: dict[str, Endpoint]
    ) -> None:
        unsent = [claimed for batch in batches for claimed in batch.unsent]
        for webhook_id in deliveries.give_back(cursor, unsent):
            if webhook_id in known:
                known[webhook_id].in_flight -= 1

    def _health_after(self, endpoint: Endpoint, attempted: Attempted) -> Health:
        return after_attempt(
            endpoint.health,
            attempted.decision,
            timed_out=attempted.timed_out,
            max_in_flight=self._config.max_in_flight,
            policy=self._config.policy,
            now=endpoint.read_at,
            chance=random.random(),
        )

    def _claim(self, cursor: Cursor, batches: Iterable[Batch], known: dict[str, Endpoint]) -> None:
        for webhook_id, requests in _requests_by_webhook(batches).items():
            endpoint = known.get(webhook_id)
            if endpoint is not None and endpoint.status == "active":
                self._claim_for(cursor, endpoint, requests)

    def _claim_for(self, cursor: Cursor, endpoint: Endpoint, requests: list[Batch]) -> None:
        now = endpoint.read_at
        free = free_slots(endpoint.health, endpoint.in_flight, self._config.max_in_flight, now)
        wanted = sum(batch.wanted for batch in requests)
        asked = min(free, wanted, claims.CLAIMED_AT_ONCE_MAX)
        granted = min(asked, _permits(endpoint))
        claimed = []
        if granted:
            claimed = claims.claim(
                cursor,
                endpoint.webhook_id,
                granted,
                self._config.lease_seconds,
                ordered=endpoint.ordered,
            )
            self._keep_pace(cursor, endpoint, len(claimed))
        _distribute(claimed, requests, endpoint, more=len(claimed) == granted < free)
        opens_at = endpoint.next_permit_at if granted < asked else endpoint.health.cooldown_until
        if opens_at is not None:
            for batch in requests:
                batch.wait_seconds = (opens_at - now).total_seconds()

    def _keep_pace(self, cursor: Cursor, endpoint: Endpoint, count: int) -> None:
        if endpoint.rate_limit and count:
            endpoint.next_permit_at = use_permits(
                endpoint.next_permit_at, endpoint.rate_limit, count, endpoint.read_at
            )
            endpoints.save_pace(cursor, endpoint.webhook_id, endpoint.next_permit_at)


def _permits(endpoint: Endpoint) -> int:
    if not endpoint.rate_limit:
        return UNLIMITED
    return permits(endpoint.next_permit_at, endpoint.rate_limit, endpoint.read_at)


def _requests_by_webhook(batches: Iterable[Batch]) -> dict[str, list[Batch]]:
    by_webhook: dict[str, list[Batch]] = {}
    for batch in batches:
        if batch.wanted:
            by_webhook.setdefault(batch.webhook_id, []).append(batch)
    return by_webhook


def _distribute(
    claimed: list[Claimed], requests: list[Batch], endpoint: Endpoint, *, more: bool
) -> None:
    supply = iter(claimed)
    for batch in requests:
        batch.endpoint = endpoint
        batch.claimed = list(islice(supply, batch.wanted))
        batch.more = more
