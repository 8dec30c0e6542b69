"""What an attempt means for its webhook: disabled or recovered, each with an event."""

from __future__ import annotations

import msgspec

from app.domain.delivery.delivery import Decision, Verdict
from app.domain.delivery.health import (
    DISABLE_AFTER_DAYS,
    DISABLE_AFTER_EXHAUSTED,
    Health,
    should_disable,
)
from app.domain.ids import new_id
from app.domain.webhook.event import WEBHOOK_DISABLED, WEBHOOK_RECOVERED, operational_event
from app.storage.database import Cursor
from app.storage.delivery.events import publish
from app.storage.org import audit
from app.storage.webhook import webhooks
from app.storage.webhook.endpoints import Endpoint

_GONE = "the receiver answered 410 Gone"
_DEAD = (
    f"no success for {DISABLE_AFTER_DAYS} days"
    f" and at least {DISABLE_AFTER_EXHAUSTED} exhausted deliveries"
)


def update_webhook_status(
    cursor: Cursor, endpoint: Endpoint, before: Health, decision: Decision
) -> set[str]:
    """Disable the webhook or note its recovery; returns the webhooks to notify."""
    if endpoint.status != "active":
        return set()
    if decision.verdict is Verdict.GONE:
        return _disable(cursor, endpoint, _GONE)
    if should_disable(endpoint.health, endpoint.read_at):
        return _disable(cursor, endpoint, _DEAD)
    if decision.verdict is Verdict.SUCCEEDED and before.recovering:
        return _tell(cursor, endpoint, WEBHOOK_RECOVERED, None)
    return set()


def _disable(cursor: Cursor, endpoint: Endpoint, reason: str) -> set[str]:
    endpoint.status = "disabled"
    if not webhooks.disable(cursor, endpoint.webhook_id, reason):
        return set()  # paused or deleted a moment ago
    endpoint.health = msgspec.structs.replace(endpoint.health, recovering=True)
    return _tell(cursor, endpoint, WEBHOOK_DISABLED, reason)


def _tell(cursor: Cursor, endpoint: Endpoint, event_type: str, reason: str | None) -> set[str]:
    whose, which = endpoint.org_id, endpoint.webhook_id
    audit.note(cursor, event_type, actor=audit.SYSTEM, org_id=whose, subject_id=which)
    data: dict[str, object] = {"webhook_id": endpoint.webhook_id, "url": endpoint.url}
    if reason:
        data["reason"] = reason
    event = operational_event(new_id("evt"), endpoint.org_id, event_type, data, endpoint.read_at)
    return publish(cursor, [event], except_webhook=endpoint.webhook_id)
