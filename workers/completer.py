"""Settles attempted deliveries and claims due ones, for many webhooks in one transaction.

The transaction holds the webhooks' row locks, settles first and claims afterwards: a rate limit,
the order of an ordered webhook and an open circuit's single probe are exact across all processes.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable, Sequence

import msgspec

from app.domain.delivery.health import Health, after_attempt
from app.domain.errors import StorageUnavailable
from app.storage.database import Cursor, Database, retrying, transaction
from app.storage.delivery import deliveries, leases
from app.storage.delivery.leases import Held
from app.storage.webhook import endpoints
from app.storage.webhook.endpoints import Endpoint
from workers.claimer import Claimer
from workers.webhook_status import update_webhook_status
from workers.work import Attempted, DeliveryConfig, WebhookWork

log = logging.getLogger(__name__)

Known = dict[str, Endpoint]


class Completer:
    """Runs the transactions of one delivery process, one at a time, on one connection.

    `holder` names the process in its leases.
    """

    def __init__(self, database: Database, config: DeliveryConfig, holder: str) -> None:
        self._database = database
        self._config = config
        self._holder = holder
        self._claimer = Claimer(config, holder)

    def run(self, works: Sequence[WebhookWork]) -> set[str]:
        """Do the works, at most one for each webhook; the other webhooks to notify.

        Each work has its own `error`: `StorageUnavailable` means that nothing of what the work
        still holds was recorded. An outcome that cannot be stored is logged and left out.
        """
        try:
            return retrying(lambda: self._transact(works))
        except StorageUnavailable as error:
            for work in works:
                work.start_over()
                work.error = error
            return set()
        except Exception as error:
            return self._run_apart(works, error)

    def held(self) -> Held | None:
        """The leases of this process; None while PostgreSQL is away."""
        try:
            with transaction(self._database) as cursor:
                return leases.held_by(cursor, self._holder)
        except StorageUnavailable:
            return None

    def _run_apart(self, works: Sequence[WebhookWork], error: Exception) -> set[str]:
        """Run each piece alone, so that one that cannot be stored does not fail the others."""
        if len(works) > 1:
            return set[str]().union(*(self.run([work]) for work in works))
        (work,) = works
        if not (work.unsent or work.wanted) and len(work.attempted) <= 1:
            log.error("delivery.unrecorded", exc_info=error, extra={"webhook_id": work.webhook_id})
            work.error = error
            return set()
        pieces = [WebhookWork(work.webhook_id, [each]) for each in work.attempted]
        notify = set[str]().union(*(self.run([piece]) for piece in pieces))
        away = [piece for piece in pieces if isinstance(piece.error, StorageUnavailable)]
        work.attempted = [each for piece in away for each in piece.attempted]
        if work.attempted:
            work.error = away[0].error
        elif pieces:
            notify |= self.run([work])
        else:
            log.error("delivery.unclaimed", exc_info=error, extra={"webhook_id": work.webhook_id})
            work.error = error
        return notify

    def _transact(self, works: Sequence[WebhookWork]) -> set[str]:
        for work in works:
            work.start_over()
        with transaction(self._database) as cursor:
            known = endpoints.lock(cursor, (work.webhook_id for work in works))
            notify = self._settle(cursor, works, known)
            for webhook_id in leases.give_back(cursor, [c for w in works for c in w.unsent]):
                if webhook_id in known:
                    known[webhook_id].in_flight -= 1
            for work in works:
                work.endpoint = known.get(work.webhook_id)
            self._claimer.claim(cursor, works)
        return notify

    def _settle(self, cursor: Cursor, works: Iterable[WebhookWork], known: Known) -> set[str]:
        notify: set[str] = set()
        held = deliveries.settle(cursor, [a.row for work in works for a in work.attempted])
        at_first = {webhook_id: endpoint.health for webhook_id, endpoint in known.items()}
        for work in works:
            endpoint = known.get(work.webhook_id)
            if endpoint is None:
                continue
            for attempted in work.attempted:
                if attempted.row.delivery_id in held:
                    notify |= self._note(cursor, endpoint, attempted)
            if work.learned is not None:
                endpoint.health = msgspec.structs.replace(
                    endpoint.health, concurrency_limit=work.learned
                )
        changed = [e for e in known.values() if e.health != at_first[e.webhook_id]]
        endpoints.save_health(cursor, changed)
        return notify

    def _note(self, cursor: Cursor, endpoint: Endpoint, attempted: Attempted) -> set[str]:
        """Change the endpoint's health; the webhooks to notify of what follows from it."""
        endpoint.in_flight -= 1
        if attempted.url != endpoint.url:
            return set()  # an answer from another URL says nothing about this one
        before = endpoint.health
        endpoint.health = self._health_after(endpoint, attempted)
        return update_webhook_status(cursor, endpoint, before, attempted.decision)

    def _health_after(self, endpoint: Endpoint, attempted: Attempted) -> Health:
        return after_attempt(
            endpoint.health,
            attempted.decision,
            counts=attempted.counts,
            policy=self._config.retries.policy,
            now=endpoint.read_at,
            chance=random.random(),
        )
