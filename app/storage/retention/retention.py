"""What goes when it is old: in small steps by id, and never what is not finished.

Ids begin with their time, so a step walks the primary key from where the last one ended; nothing
is locked for longer than one step takes. A walk returns where it got to; None: all done.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from peewee import ModelSelect, fn

from app.domain.delivery.delivery import DeliveryStatus
from app.domain.delivery.retry_policy import RetryRules
from app.domain.ids import first_ulid_at
from app.domain.webhook.webhook import WebhookStatus
from app.storage.database import Cursor, execute, fetch, fetch_one
from app.storage.models import (
    Attempts,
    AuditLog,
    Captures,
    Deliveries,
    Events,
    WebhookHealth,
    Webhooks,
)

_DAY_SECONDS = 86_400
_OPEN = (DeliveryStatus.PENDING, DeliveryStatus.ATTEMPTING)
_IS_PENDING = Deliveries.status == DeliveryStatus.PENDING
_IS_HELD = Webhooks.status.in_((WebhookStatus.PAUSED, WebhookStatus.DISABLED))
_ITS_WEBHOOK = Webhooks.id == Deliveries.webhook_id
_PENDING = Deliveries.select(Deliveries.id).join(Webhooks, on=_ITS_WEBHOOK).where(_IS_PENDING)


def id_at(cursor: Cursor, prefix: str, days: float) -> str:
    """The first id of so many days ago, by PostgreSQL's clock: ids begin with their time."""
    cursor.execute("SELECT now()")
    (now,) = cursor.fetchone() or (None,)
    assert isinstance(now, datetime)
    at = now - timedelta(days=days)
    return f"{prefix}_{first_ulid_at(max(0, int(at.timestamp() * 1000)))}"


class Step(NamedTuple):
    """How far a walk along the ids got, and how many rows went."""

    reached: str
    deleted: int


def delete_deliveries(cursor: Cursor, after: str, before: str, limit: int) -> Step | None:
    """Delete settled deliveries, and their attempts, between two ids."""
    ids = _ids_between(cursor, Deliveries, after, before, limit)
    settled = Deliveries.delete().where(Deliveries.id.in_(ids), Deliveries.status.not_in(_OPEN))
    gone = fetch(cursor, settled.returning(Deliveries.id), str)
    execute(cursor, Attempts.delete().where(Attempts.delivery_id.in_(gone)))
    return Step(ids[-1], len(gone)) if ids else None


def delete_events(cursor: Cursor, after: str, before: str, limit: int) -> Step | None:
    """Delete events between two ids that no delivery refers to any more."""
    ids = _ids_between(cursor, Events, after, before, limit)
    owed = fn.EXISTS(Deliveries.select(Deliveries.id).where(Deliveries.event_id == Events.id))
    gone = execute(cursor, Events.delete().where(Events.id.in_(ids), ~owed))
    return Step(ids[-1], gone) if ids else None


def delete_captures(cursor: Cursor, after: str, before: str, limit: int) -> Step | None:
    """Delete captures between two ids; their contacts stay."""
    ids = _ids_between(cursor, Captures, after, before, limit)
    gone = execute(cursor, Captures.delete().where(Captures.id.in_(ids)))
    return Step(ids[-1], gone) if ids else None


def delete_audit_log(cursor: Cursor, after: str, before: str, limit: int) -> Step | None:
    """Delete entries of the audit log between two ids."""
    ids = _ids_between(cursor, AuditLog, after, before, limit)
    gone = execute(cursor, AuditLog.delete().where(AuditLog.id.in_(ids)))
    return Step(ids[-1], gone) if ids else None


def fail_expired(cursor: Cursor, open_after: int, rules: RetryRules, limit: int) -> dict[str, int]:
    """Give up what waits for a dead endpoint for longer than its webhook's policy has it retried.

    How many, by webhook; its endpoint is to blame for them.
    """
    health = WebhookHealth
    own = fn.coalesce(Webhooks.retry["max_age"].cast("float8"), rules.policy.max_age_seconds)
    age = fn.least(own, rules.limits.max_age_seconds)
    # Without a webhook there is no shortest one.
    shortest = fetch_one(cursor, Webhooks.select(fn.coalesce(fn.min(age), 0.0)), float)
    expired = _PENDING.join(health, on=(health.webhook_id == Webhooks.id)).where(
        Webhooks.status == WebhookStatus.ACTIVE,
        health.failure_count >= open_after,
        Deliveries.next_attempt_at < fn.now(),
        _is_older(cursor, shortest or 0.0, health.active_since, age),
    )
    failed = _fail(cursor, expired.limit(limit), "expired")
    for webhook_id, count in sorted(failed.items()):
        blamed = health.update(exhausted_count=health.exhausted_count + count)
        execute(cursor, blamed.where(health.webhook_id == webhook_id))
    return failed


def fail_held(cursor: Cursor, age_seconds: float, limit: int) -> dict[str, int]:
    """Give up what has been held for too long; how many, by webhook."""
    held = _PENDING.where(_IS_HELD, _is_older(cursor, age_seconds, Deliveries.created_at))
    return _fail(cursor, held.limit(limit), "held too long")


def held_beyond(cursor: Cursor, most: int) -> dict[str, str]:
    """By webhook that holds more than so many deliveries: the youngest that is too much."""
    its = Deliveries.select(Deliveries.id).where(Deliveries.webhook_id == Webhooks.id, _IS_PENDING)
    beyond = its.order_by(Deliveries.id.desc()).offset(most).limit(1)
    found = fetch(cursor, Webhooks.select(Webhooks.id, beyond).where(_IS_HELD), lambda *row: row)
    return {webhook_id: last for webhook_id, last in found if last is not None}


def fail_held_up_to(cursor: Cursor, webhook_id: str, last: str, limit: int) -> dict[str, int]:
    """Give up what a webhook holds, the oldest first, up to a delivery; how many."""
    held = _PENDING.where(_IS_HELD, Deliveries.webhook_id == webhook_id, Deliveries.id <= last)
    return _fail(cursor, held.order_by(Deliveries.id).limit(limit), "too many held")


def _ids_between(cursor: Cursor, model: Any, after: str, before: str, limit: int) -> list[str]:
    row_id = model.id
    between = model.select(row_id).where(row_id > after, row_id < before).order_by(row_id)
    return fetch(cursor, between.limit(limit), str)


def _is_older(cursor: Cursor, age_seconds: float, since: Any, own_age: Any = None) -> Any:
    """The age of what was taken up again, by hand or by a replay, counts from then.

    `own_age`: a column of ages in seconds, none of them below `age_seconds`.
    """
    began = fn.greatest(fn.coalesce(Deliveries.reopened_at, Deliveries.created_at), since)
    age = fn.make_interval(0, 0, 0, 0, 0, 0, age_seconds if own_age is None else own_age)
    # The bound on the id spares the look at what is younger.
    before = id_at(cursor, "dlv", age_seconds / _DAY_SECONDS)
    return (Deliveries.id < before) & (began < fn.now() - age)


def _fail(cursor: Cursor, old: ModelSelect[Deliveries], result: str) -> dict[str, int]:
    """Give these deliveries up; how many, by webhook."""
    ids = fetch(cursor, old.for_update(of=Deliveries, skip_locked=True), str)
    failed = Deliveries.update(
        status=DeliveryStatus.FAILED,
        settled_at=fn.now(),
        next_attempt_at=None,
        last_result=result,
    )
    these = failed.where(Deliveries.id.in_(ids)).returning(Deliveries.webhook_id)
    return dict(Counter(fetch(cursor, these, str)))
