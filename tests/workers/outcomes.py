"""Deliveries owed and outcomes handed in, for the tests of the completer."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.delivery.attempt import Timings
from app.domain.delivery.concurrency import Answer
from app.domain.delivery.delivery import Decision, Verdict
from app.domain.delivery.retry_policy import RetryRules
from app.domain.ids import new_id
from app.domain.org.org import Org
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.delivery.claims import Claimed
from app.storage.delivery.deliveries import Settled
from app.storage.recording import record
from tests.factories import HOOK_URL, make_capture
from tests.statements import execute
from workers.completer import Completer
from workers.work import Attempted, DeliveryConfig, WebhookWork

CONFIG = DeliveryConfig(retries=RetryRules(), max_in_flight=10, slots=100)
#: The process in whose name the tests hold leases.
HOLDER = "tester"
_STATUS = {
    Verdict.SUCCEEDED: "succeeded",
    Verdict.RETRY: "pending",
    Verdict.DEFERRED: "pending",
    Verdict.FAILED: "failed",
    Verdict.GONE: "failed",
}


def owe(database: Database, org: Org, count: int) -> None:
    """Record so many captures of as many people."""
    captures = [make_capture(org, f"p{number}@example.com") for number in range(count)]
    with transaction(database) as cursor:
        record(cursor, captures, now())


def outcome(
    claimed: Claimed, verdict: Verdict, delay: float | None = None, url: str = HOOK_URL
) -> Attempted:
    """What a worker hands in after an attempt; a deferral is asked for by the receiver."""
    rest = delay if verdict is Verdict.DEFERRED else None
    row = Settled(
        delivery_id=claimed.id,
        event_id=claimed.event_id,
        lease=claimed.lease,
        number=claimed.number,
        status=_STATUS[verdict],
        failures=claimed.failures + (verdict is Verdict.RETRY),
        deferrals=claimed.deferrals + (verdict is Verdict.DEFERRED),
        delay_seconds=delay,
        result=verdict,
        attempt_id=new_id("att"),
        started_at=now(),
        http_status=200 if verdict is Verdict.SUCCEEDED else 500,
        error=None,
        error_detail=None,
        address="127.0.0.1:1",
        timings=Timings(total_ms=1),
        response_headers=(("a", "b"),),
        response_body="b2s=",
    )
    answer = Answer.GOOD if verdict is Verdict.SUCCEEDED else Answer.OTHER
    return Attempted(row, Decision(verdict, delay, rest), answer, url)


def settle_and_claim(
    completer: Completer,
    webhook_id: str,
    attempted: Sequence[Attempted] = (),
    wanted: int = 0,
    unsent: Sequence[Claimed] = (),
) -> WebhookWork:
    """One transaction for one webhook; raises its error."""
    work = WebhookWork(webhook_id, attempted, unsent, wanted)
    completer.run([work])
    if work.error is not None:
        raise work.error
    return work


def in_flight(database: Database) -> int:
    """Deliveries under a lease."""
    ((count,),) = execute(database, "SELECT count(*) FROM deliveries WHERE status = 'attempting'")
    return int(count)
