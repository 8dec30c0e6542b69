"""Claims due deliveries of many webhooks, within their pause, circuit and pace.

The caller's transaction holds the webhooks' row locks.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.domain.delivery.health import is_circuit_open, opens_at
from app.domain.delivery.pace import permits, use_permits
from app.domain.delivery.slots import kept_for_retries
from app.storage.database import Cursor
from app.storage.delivery import claims
from app.storage.delivery.claims import Claimed, Wanted
from app.storage.webhook import endpoints
from app.storage.webhook.endpoints import Endpoint
from workers.work import DeliveryConfig, WebhookWork


class _Asked(NamedTuple):
    work: WebhookWork
    endpoint: Endpoint
    #: What slots and circuit allow; the pace may allow less.
    limit: int
    wanted: Wanted


class Claimer:
    """Claims for the process `holder`."""

    def __init__(self, config: DeliveryConfig, holder: str) -> None:
        self._config = config
        self._holder = holder

    def claim(self, cursor: Cursor, works: Sequence[WebhookWork]) -> None:
        """Fill in what each work gets of what it wants, and what the rest waits for."""
        all_asked = [asked for work in works if (asked := self._ask(work)) is not None]
        claimed = self._claim_all(cursor, all_asked)
        for work, endpoint, limit, wanted in all_asked:
            work.claimed = claimed[work.webhook_id]
            work.more = limit > 0 and len(work.claimed) == wanted.most
            _keep_pace(cursor, endpoint, len(work.claimed))
            if wanted.most < limit and endpoint.next_permit_at is not None:
                _wait(work, endpoint, endpoint.next_permit_at, "pace")

    def _ask(self, work: WebhookWork) -> _Asked | None:
        endpoint = work.endpoint
        if not work.wanted or endpoint is None or endpoint.status != "active":
            return None
        opens = opens_at(endpoint.health, endpoint.read_at)
        if opens is not None:
            work.more = True
            _wait(work, endpoint, opens, "pause")
            return None
        limit = min(work.wanted, claims.CLAIMED_AT_ONCE_MAX)
        if is_circuit_open(endpoint.health):
            limit = max(0, 1 - endpoint.in_flight)
        most = _permits(endpoint, limit)
        retries = kept_for_retries(most, random.random())
        lease_seconds = self._config.retries.lease_seconds_of(endpoint.timeout_seconds)
        return _Asked(work, endpoint, limit, Wanted(work.webhook_id, most, retries, lease_seconds))

    def _claim_all(self, cursor: Cursor, asked: Sequence[_Asked]) -> dict[str, list[Claimed]]:
        """What was claimed, by webhook."""
        some = [each for each in asked if each.wanted.most]
        claimed: defaultdict[str, list[Claimed]] = defaultdict(list)
        wanted = [each.wanted for each in some if not each.endpoint.ordered]
        for one in claims.claim(cursor, wanted, self._holder) if wanted else ():
            claimed[one.webhook_id].append(one)
        for each in some:
            if each.endpoint.ordered:
                found = claims.claim_in_order(cursor, each.wanted, self._holder)
                claimed[each.wanted.webhook_id] = found
        return claimed


def _wait(work: WebhookWork, endpoint: Endpoint, until: datetime, reason: str) -> None:
    work.wait_seconds = (until - endpoint.read_at).total_seconds()
    work.wait_reason = reason


def _permits(endpoint: Endpoint, limit: int) -> int:
    if not endpoint.rate_limit:
        return limit
    return min(limit, permits(endpoint.next_permit_at, endpoint.rate_limit, endpoint.read_at))


def _keep_pace(cursor: Cursor, endpoint: Endpoint, count: int) -> None:
    if endpoint.rate_limit and count:
        endpoint.next_permit_at = use_permits(
            endpoint.next_permit_at, endpoint.rate_limit, count, endpoint.read_at
        )
        endpoints.save_pace(cursor, endpoint.webhook_id, endpoint.next_permit_at)
