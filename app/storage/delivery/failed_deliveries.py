"""Failed deliveries of all webhooks by what went wrong, and all of a kind sent again.

Bounded: the latest that failed are looked at, each with its last attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.domain.delivery.delivery import DeliveryStatus
from app.domain.webhook.webhook import WebhookStatus
from app.storage.database import Cursor, fetch
from app.storage.delivery import delivery_lists
from app.storage.delivery.deliveries import reopen
from app.storage.models import Deliveries

#: Failed deliveries that are looked at, and so sent again at once, at most.
LOOKED_AT_MAX = 10_000


class Failed(NamedTuple):
    """A failed delivery. `cause`: the receiver's last status, or why there was none."""

    id: str
    webhook_id: str
    event_type: str
    created_at: datetime
    attempts: int
    cause: str


class Wanted(NamedTuple):
    """Which failed deliveries; "": any. `last`: only those with ids before this one."""

    webhook_id: str = ""
    event_type: str = ""
    cause: str = ""
    last: str = "dlv_~"

    def includes(self, each: Failed) -> bool:
        """Whether a failed delivery of these webhooks is one of them."""
        return self.event_type in ("", each.event_type) and self.cause in ("", each.cause)


def latest(
    cursor: Cursor, org_id: str, wanted: Wanted, look_at: int = LOOKED_AT_MAX
) -> list[Failed]:
    """Those among the latest `look_at` that are wanted, the newest first.

    Without those of deleted webhooks, which nobody can send again.
    """
    statuses = delivery_lists.webhook_statuses(cursor, org_id)
    kinds = [
        (webhook_id, DeliveryStatus.FAILED.value)
        for webhook_id, status in statuses.items()
        if status != WebhookStatus.DELETED and wanted.webhook_id in ("", webhook_id)
    ]
    range_ = delivery_lists.Wanted(kinds, "dlv_", wanted.last)
    rows = delivery_lists.page(cursor, range_, look_at, newest_first=True).deliveries
    answers = delivery_lists.last_answers(cursor, [row.id for row in rows])
    found = [
        Failed(
            *(row.id, row.webhook_id, row.event_type, row.created_at, row.attempts),
            _cause(row, answers),
        )
        for row in rows
    ]
    return [each for each in found if wanted.includes(each)]


def retry(cursor: Cursor, org_id: str, delivery_ids: Sequence[str]) -> int:
    """Send those of these deliveries that are still failed again now; how many."""
    its = Deliveries.select(Deliveries.id).where(
        Deliveries.org_id == org_id,
        Deliveries.id.in_(list(delivery_ids)),
        Deliveries.status == DeliveryStatus.FAILED,
    )
    ids = fetch(cursor, its.order_by(Deliveries.id).for_update(), str)
    return reopen(cursor, Deliveries.id.in_(ids)) if ids else 0


def _cause(row: delivery_lists.ListedDelivery, answers: dict[str, delivery_lists.Answered]) -> str:
    last = answers.get(row.id, delivery_lists.Answered())
    return str(last.status or last.error or row.last_result or "unknown")
