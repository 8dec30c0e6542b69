"""A look at the latest rows, for the doctor: by primary key, no scans."""

from __future__ import annotations

from peewee import fn

from app.domain.webhook.webhook import WebhookStatus
from app.storage.database import Cursor, fetch, fetch_one
from app.storage.models import Captures, RetentionRuns, UnreadableJobs, Webhooks

CAPTURES_MAX = 200


def client_addresses(cursor: Cursor) -> list[str | None]:
    """Where the latest captures came from."""
    latest = Captures.select(Captures.client_address).order_by(Captures.id.desc())
    return fetch(cursor, latest.limit(CAPTURES_MAX), lambda address: address)


def webhook_urls(cursor: Cursor, limit: int) -> list[str]:
    """The URLs of the latest active webhooks."""
    active = Webhooks.select(Webhooks.url).where(Webhooks.status == WebhookStatus.ACTIVE)
    return fetch(cursor, active.order_by(Webhooks.id.desc()).limit(limit), str)


def unreadable_jobs(cursor: Cursor) -> int:
    """Jobs that nobody could read."""
    return fetch_one(cursor, UnreadableJobs.select(fn.count(UnreadableJobs.id)), int) or 0


def retention_age_seconds(cursor: Cursor) -> float | None:
    """How long ago the table that was cleaned longest ago was; None: none was yet."""
    age = fn.date_part("epoch", fn.now() - fn.min(RetentionRuns.ran_at))
    return fetch_one(cursor, RetentionRuns.select(age), lambda seconds: seconds)
