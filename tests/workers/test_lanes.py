"""How the lanes of a delivery process are looked at, and share its slots."""

from __future__ import annotations

from datetime import UTC, datetime

from app.domain.delivery.concurrency import Answer
from app.domain.delivery.delivery import Verdict
from app.domain.delivery.retry_policy import RetryRules
from app.storage.delivery.claims import Claimed
from tests.workers.outcomes import outcome
from workers.lanes import Lanes
from workers.work import DeliveryConfig, WebhookWork

NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)
HANGING = [f"whk_{number}" for number in range(6)]


def claimed(webhook_id: str, lease: int) -> Claimed:
    return Claimed(
        f"dlv_{lease}", webhook_id, lease, 1, 0, 0, 0.0, "evt_1", "ping", None, NOON, "{}"
    )


def test_webhooks_that_hang_hold_their_slots_and_are_not_looked_at() -> None:
    lanes = Lanes(DeliveryConfig(RetryRules(), max_in_flight=64, slots=10))
    for lease, webhook_id in enumerate(HANGING):
        lane = lanes.of(webhook_id)
        lane.note_due(0.0)
        lane.take(WebhookWork(webhook_id, wanted=1, more=True), 0.0)
        lane.start([claimed(webhook_id, lease)], 0.0)

    lanes.leave_idle(0.0)

    assert lanes.active == {}
    assert lanes.in_flight == 6
    assert lanes.are_busy
    lanes.of("whk_new").note_due(1.0)
    assert lanes.grant(1.0) == {}  # they fill what those share that have not answered

    ended = claimed(HANGING[0], 0)
    attempted = outcome(ended, Verdict.RETRY, 5.0)
    attempted.answer = Answer.TIMED_OUT
    lanes.of(HANGING[0]).finish(ended, attempted, 2.0)

    assert lanes.in_flight == 5
    assert sum(lanes.grant(2.0).values()) == 1
    assert [work.webhook_id for work in lanes.plan(2.0, claims=False)] == [HANGING[0]]
