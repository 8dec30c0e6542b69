"""Webhooks as their owners see and change them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg2.extras

from app.domain.webhook import Webhook, WebhookStatus
from app.storage.database import Cursor

_COLUMNS = (
    "w.id, w.org_id, w.name, w.url, w.events, w.headers, w.metadata, w.rate_limit, w.ordered,"
    " w.status, w.status_reason, w.created_at, w.updated_at, h.failure_count"
)
_FROM = "FROM webhooks w JOIN webhook_health h ON h.webhook_id = w.id"
_JSON_COLUMNS = ("headers", "metadata")


def insert(cursor: Cursor, webhook: Webhook, sealed_secret: bytes) -> None:
    """Store a new webhook and its blank health."""
    cursor.execute(
        "INSERT INTO webhooks (id, org_id, name, url, events, headers, metadata, rate_limit,"
        " ordered, status, secret, created_at, updated_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            webhook.id,
            webhook.org_id,
            webhook.name,
            webhook.url,
            webhook.events,
            psycopg2.extras.Json(webhook.headers),
            psycopg2.extras.Json(webhook.metadata),
            webhook.rate_limit,
            webhook.ordered,
            webhook.status,
            sealed_secret,
            webhook.created_at,
            webhook.updated_at,
        ),
    )
    cursor.execute("INSERT INTO webhook_health (webhook_id) VALUES (%s)", (webhook.id,))


def find(cursor: Cursor, org_id: str, webhook_id: str) -> Webhook | None:
    """An org's webhook, unless it was deleted."""
    cursor.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE w.org_id = %s AND w.id = %s AND w.status <> 'deleted'",
        (org_id, webhook_id),
    )
    row = cursor.fetchone()
    return _webhook(row) if row else None


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
    direction, beyond = ("DESC", "<") if newest_first else ("ASC", ">")
    cursor.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE w.org_id = %(org)s AND w.status <> 'deleted'"
        " AND (%(status)s::text IS NULL OR w.status = %(status)s)"
        f" AND (%(after)s::text IS NULL OR w.id {beyond} %(after)s)"
        f" ORDER BY w.id {direction} LIMIT %(limit)s",
        {"org": org_id, "status": status, "after": after, "limit": limit},
    )
    return [_webhook(row) for row in cursor.fetchall()]


def update(cursor: Cursor, webhook_id: str, values: Mapping[str, object], now: datetime) -> None:
    """Set columns of a webhook; `active` or a new URL clears what its endpoint is blamed for."""
    if values.get("status") == WebhookStatus.ACTIVE or "url" in values:
        # Before the webhook's row: the ledger locks them in this order.
        reset_health(cursor, webhook_id)
    columns = {
        name: psycopg2.extras.Json(value) if name in _JSON_COLUMNS else value
        for name, value in values.items()
    }
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    cursor.execute(
        f"UPDATE webhooks SET {assignments}, updated_at = %(now)s WHERE id = %(id)s",
        columns | {"now": now, "id": webhook_id},
    )


def rotate_secret(
    cursor: Cursor, webhook_id: str, sealed_secret: bytes, previous_until: datetime | None
) -> None:
    """Sign with a new secret from now on, and with the one before it until that time as well."""
    cursor.execute(
        "UPDATE webhooks SET secret = %(secret)s, previous_secret_until = %(until)s,"
        " previous_secret = CASE WHEN %(until)s::timestamptz IS NOT NULL THEN secret END,"
        " updated_at = now() WHERE id = %(id)s",
        {"secret": sealed_secret, "until": previous_until, "id": webhook_id},
    )


def reset_health(cursor: Cursor, webhook_id: str) -> None:
    """Start again with an endpoint: its backlog may flow at once."""
    cursor.execute(
        "UPDATE webhook_health SET failure_count = 0, exhausted_count = 0, flow = NULL,"
        " not_before = NULL, rest_until = NULL, active_since = now() WHERE webhook_id = %s",
        (webhook_id,),
    )


def disable(cursor: Cursor, webhook_id: str, reason: str) -> bool:
    """Stop delivering to a webhook by rule; its deliveries are held from now on.

    False when it was not active any more.
    """
    cursor.execute(
        "UPDATE webhooks SET status = 'disabled', status_reason = %s, updated_at = now()"
        " WHERE id = %s AND status = 'active'",
        (reason, webhook_id),
    )
    return cursor.rowcount == 1


def _webhook(row: tuple[Any, ...]) -> Webhook:
    return Webhook(*row)
