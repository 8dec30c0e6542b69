"""Webhooks as their owners see and change them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from peewee import fn

from app.domain.webhook.webhook import Webhook, WebhookStatus
from app.storage.database import Cursor, execute, fetch, fetch_one
from app.storage.lists import beyond
from app.storage.models import WebhookHealth, Webhooks

_STORED = [name for name in Webhook.__struct_fields__ if name != "failure_count"]
_KEPT = (
    Webhooks.select(*(getattr(Webhooks, name) for name in _STORED), WebhookHealth.failure_count)
    .join(WebhookHealth, on=(WebhookHealth.webhook_id == Webhooks.id))
    .where(Webhooks.status != WebhookStatus.DELETED)
)


def insert(cursor: Cursor, webhook: Webhook, encrypted_secret: bytes) -> None:
    """Store a new webhook and its blank health."""
    values = {name: getattr(webhook, name) for name in _STORED}
    execute(cursor, Webhooks.insert(**values, secret=encrypted_secret))
    execute(cursor, WebhookHealth.insert(webhook_id=webhook.id))


def count(cursor: Cursor, org_id: str) -> int:
    """How many webhooks an org has, without deleted ones."""
    kept = Webhooks.select(fn.count(Webhooks.id)).where(Webhooks.status != WebhookStatus.DELETED)
    return fetch_one(cursor, kept.filter(org_id=org_id), int) or 0


def find(cursor: Cursor, org_id: str, webhook_id: str) -> Webhook | None:
    """An org's webhook, unless it was deleted."""
    return fetch_one(cursor, _KEPT.filter(org_id=org_id, id=webhook_id), Webhook)


def page(
    cursor: Cursor,
    org_id: str,
    status: str | None,
    after: str | None,
    limit: int,
    *,
    newest_first: bool = False,
) -> list[Webhook]:
    """Up to `limit` webhooks of an org in the order of creation, or its reverse, after that id."""
    listed = _KEPT.filter(org_id=org_id).limit(limit)
    if status is not None:
        listed = listed.filter(status=status)
    return fetch(cursor, beyond(listed, [Webhooks.id], after and (after,), newest_first), Webhook)


def update(cursor: Cursor, webhook_id: str, values: Mapping[str, object], now: datetime) -> None:
    """Set columns of a webhook; `active` or a new URL clears what its endpoint is blamed for."""
    if values.get("status") == WebhookStatus.ACTIVE or "url" in values:
        # Before the webhook's row: the completer locks them in this order.
        reset_health(cursor, webhook_id)
    execute(cursor, Webhooks.update(**values, updated_at=now).where(Webhooks.id == webhook_id))


def rotate_secret(
    cursor: Cursor, webhook_id: str, encrypted_secret: bytes, previous_until: datetime | None
) -> None:
    """Sign with a new secret from now on, and with the one before it until that time as well."""
    rotated = Webhooks.update(
        secret=encrypted_secret,
        previous_secret=Webhooks.secret if previous_until else None,
        previous_secret_until=previous_until,
        updated_at=fn.now(),
    )
    execute(cursor, rotated.where(Webhooks.id == webhook_id))


def reset_health(cursor: Cursor, webhook_id: str) -> None:
    """Start again with an endpoint: its backlog may flow at once."""
    blank = WebhookHealth.update(
        failure_count=0,
        exhausted_count=0,
        concurrency_limit=None,
        circuit_open_until=None,
        cooldown_until=None,
        active_since=fn.now(),
    )
    execute(cursor, blank.where(WebhookHealth.webhook_id == webhook_id))


def disable(cursor: Cursor, webhook_id: str, reason: str) -> bool:
    """Stop delivering to a webhook by rule; its deliveries are held from now on.

    False when it was not active any more.
    """
    values = {"status": WebhookStatus.DISABLED, "status_reason": reason, "updated_at": fn.now()}
    its = (Webhooks.id == webhook_id) & (Webhooks.status == WebhookStatus.ACTIVE)
    return execute(cursor, Webhooks.update(**values).where(its)) == 1
