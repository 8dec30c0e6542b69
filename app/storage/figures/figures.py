"""Figures for operators: how much there is of everything, and what is due, held or failed.

Each counts rows, so on big tables each costs a scan; nothing that answers a visitor may use them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from peewee import SQL, Case, Value, fn

from app.domain.delivery.delivery import DeliveryStatus
from app.domain.webhook.webhook import WebhookStatus
from app.storage.database import Cursor, fetch, fetch_one
from app.storage.models import (
    Captures,
    Contacts,
    Deliveries,
    Events,
    Fallback,
    Orgs,
    UnreadableJobs,
    WebhookHealth,
    Webhooks,
)

_HELD = (WebhookStatus.PAUSED, WebhookStatus.DISABLED)
# What a delivery waits for; its webhook tells whether pending means held.
_STATE = Case(
    None,
    [
        (Deliveries.status == DeliveryStatus.ATTEMPTING, "in_flight"),
        (Deliveries.status != DeliveryStatus.PENDING, Deliveries.status),
        (Webhooks.status.in_(_HELD), "held"),
        (Deliveries.next_attempt_at <= fn.now(), "due"),
    ],
    "waiting",
)


#: What an org has. Deliveries by what they wait for; attempts are those of what is kept.
OF_ORG = (
    *("recorded", "quarantined", "rejected", "contacts", "events", "due", "waiting", "held"),
    *("in_flight", "succeeded", "failed", "cancelled", "attempts"),
)
#: What deliveries of a webhook wait for, as far as it is shown.
OF_WEBHOOK = ("due", "waiting", "held", "failed")
_SHOWN = (
    *(Orgs.slug.alias("org"), Webhooks.id, Webhooks.name, Webhooks.url, Webhooks.status),
    *(Webhooks.status_reason, WebhookHealth.failure_count, WebhookHealth.exhausted_count),
    *(WebhookHealth.circuit_open_until, WebhookHealth.last_success_at),
)

Figures = dict[str, object]


def of_orgs(cursor: Cursor, org_ids: Sequence[str]) -> list[Figures]:
    """How much these orgs have, by name: `org` and what `OF_ORG` lists."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    living = Contacts.deleted_at.is_null()
    for query in (
        Captures.select(Captures.org_id, Captures.status, fn.count(Captures.id)),
        Contacts.select(Contacts.org_id, Value("contacts"), fn.count(Contacts.id)).where(living),
        Events.select(Events.org_id, Value("events"), fn.count(Events.id)),
        _by_state(Deliveries.org_id, fn.count(Deliveries.id)),
        Deliveries.select(Deliveries.org_id, Value("attempts"), fn.sum(Deliveries.attempts)),
    ):
        of_these = query.where(query.model.org_id.in_(org_ids)).group_by(SQL("1, 2"))
        for org_id, name, count in fetch(cursor, of_these, _row):
            counts[org_id][name] = count
    named = Orgs.select(Orgs.slug, Orgs.id).where(Orgs.id.in_(org_ids)).order_by(Orgs.slug)
    return [
        {"org": slug} | {name: counts[org_id][name] for name in OF_ORG}
        for slug, org_id in fetch(cursor, named, _row)
    ]


def of_webhooks(cursor: Cursor, org_ids: Sequence[str]) -> list[Figures]:
    """How the webhooks of these orgs are doing: health, backlog and `oldest_due_at`."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    oldest: dict[str, Figures] = defaultdict(dict)
    figures = fn.count(Deliveries.id), fn.min(Deliveries.next_attempt_at)
    states = _by_state(Deliveries.webhook_id, *figures).where(Deliveries.org_id.in_(org_ids))
    for webhook_id, state, count, first in fetch(cursor, states.group_by(SQL("1, 2")), _row):
        counts[webhook_id][state] = count
        oldest[webhook_id][state] = first
    shown = (
        Webhooks.select(*_SHOWN)
        .join(Orgs, on=(Orgs.id == Webhooks.org_id))
        .join(WebhookHealth, on=(WebhookHealth.webhook_id == Webhooks.id))
        .where(Webhooks.org_id.in_(org_ids), Webhooks.status != WebhookStatus.DELETED)
        .order_by(Orgs.slug, Webhooks.id)
    )
    names = ["org", *(column.name for column in _SHOWN[1:])]
    return [
        dict(zip(names, row, strict=True))
        | {name: counts[row[1]][name] for name in OF_WEBHOOK}
        | {"oldest_due_at": oldest[row[1]].get("due")}
        for row in fetch(cursor, shown, _row)
    ]


def backlog(cursor: Cursor) -> tuple[int, int]:
    """Captures that wait in the fallback queue, and jobs that nobody could read, of all orgs."""
    waiting = Fallback.select(fn.sum(fn.json_array_length(Fallback.captures)))
    unreadable = UnreadableJobs.select(fn.count(UnreadableJobs.id))
    return fetch_one(cursor, waiting, _value) or 0, fetch_one(cursor, unreadable, _value) or 0


def _by_state(key: Any, *figures: Any) -> Any:
    webhook = Webhooks.id == Deliveries.webhook_id
    return Deliveries.select(key, _STATE, *figures).join(Webhooks, on=webhook)


def _row(*values: Any) -> tuple[Any, ...]:
    return values


def _value(value: Any) -> Any:
    return value
