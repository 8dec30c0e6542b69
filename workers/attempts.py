"""One attempt of a claimed delivery: sign it, send it, decide what the answer means."""

from __future__ import annotations

import base64
import logging
import random
import time
from datetime import datetime

from app.domain.delivery.attempt import AttemptResult, ErrorClass, Timings
from app.domain.delivery.concurrency import Answer
from app.domain.delivery.delivery import Decision, DeliveryStatus, History, Verdict, decide, unsent
from app.domain.delivery.retry_policy import RetryRules
from app.domain.ids import new_id
from app.domain.times import now
from app.domain.webhook.event import delivery_body
from app.metrics.families import ATTEMPT_SECONDS, ATTEMPTS, DELIVERY_DELAY
from app.storage.delivery.claims import Claimed
from app.storage.delivery.deliveries import Settled
from app.storage.secret_cipher import SecretCipher
from app.storage.webhook.endpoints import Endpoint
from workers.request import request_headers
from workers.retry_after import dated, retry_after_seconds
from workers.sender import Sender
from workers.work import Attempted

log = logging.getLogger(__name__)

_UNSENDABLE = "This delivery could not be made ready for sending; the server's log says why."
_TIMEOUTS = (ErrorClass.TIMED_OUT, ErrorClass.CONNECT_TIMEOUT, ErrorClass.DNS_TIMEOUT)
#: Answers of receivers that are asked too much at once.
_BUSY = (429, 502, 503, 504)
_STATUS_AFTER = {
    Verdict.SUCCEEDED: DeliveryStatus.SUCCEEDED,
    Verdict.RETRY: DeliveryStatus.PENDING,
    Verdict.DEFERRED: DeliveryStatus.PENDING,
    Verdict.FAILED: DeliveryStatus.FAILED,
    Verdict.GONE: DeliveryStatus.FAILED,
}


class Attempts:
    """Makes attempts; one for all of a process. Nothing is stored here."""

    def __init__(self, sender: Sender, cipher: SecretCipher, retries: RetryRules) -> None:
        self._sender = sender
        self._cipher = cipher
        self._retries = retries

    def make(
        self, endpoint: Endpoint, claimed: Claimed, waited_for: str | None = None
    ) -> Attempted:
        """Send the delivery once and tell what came of it. Raises nothing.

        `waited_for`: what had kept it from leaving although it was due, for the log.
        """
        started_at = now()
        result = self._send(endpoint, claimed)
        decision = self._decide(endpoint, claimed, result)
        _count(claimed, result, decision)
        _log_attempt(endpoint, claimed, result, decision, waited_for)
        return Attempted(
            settled(claimed, result, decision, started_at),
            decision,
            _answer(result, decision),
            url=endpoint.url,
            waited_seconds=result.waited_seconds,
        )

    def _send(self, endpoint: Endpoint, claimed: Claimed) -> AttemptResult:
        try:
            body = delivery_body(
                claimed.event_id, claimed.event_type, claimed.occurred_at, claimed.data
            )
            headers = request_headers(endpoint, claimed, body, self._cipher, time.time())
            return self._sender.post(
                endpoint.url,
                headers,
                body,
                endpoint.org_id,
                self._retries.attempt_seconds_of(endpoint.timeout_seconds),
            )
        except Exception:
            log.exception("delivery.unsendable", extra={"delivery_id": claimed.id})
            return AttemptResult(
                error=ErrorClass.SENDER_FAILED, error_detail=_UNSENDABLE, timings=Timings()
            )

    def _decide(self, endpoint: Endpoint, claimed: Claimed, result: AttemptResult) -> Decision:
        policy = self._retries.policy_of(endpoint.retry)
        history = History(claimed.failures, claimed.deferrals, claimed.age_seconds)
        if result.error is ErrorClass.SENDER_FAILED:
            return unsent(history, policy)
        status = result.status if result.error is None else None
        return decide(history, status, _pause(result), policy, random.random())


def settled(
    claimed: Claimed, result: AttemptResult, decision: Decision, started_at: datetime
) -> Settled:
    """The delivery's next state and the attempt's row."""
    counted = decision.verdict in (Verdict.RETRY, Verdict.FAILED, Verdict.GONE)
    return Settled(
        delivery_id=claimed.id,
        event_id=claimed.event_id,
        lease=claimed.lease,
        number=claimed.number,
        status=_STATUS_AFTER[decision.verdict],
        failures=claimed.failures + counted,
        # Ours are not counted: a receiver may put a delivery off only so often.
        deferrals=claimed.deferrals + (decision.verdict is Verdict.DEFERRED and not result.error),
        delay_seconds=decision.delay_seconds,
        result=decision.verdict,
        attempt_id=new_id("att"),
        started_at=started_at,
        http_status=result.status,
        error=result.error,
        error_detail=result.error_detail or None,
        address=result.address,
        timings=result.timings,
        response_headers=result.headers,
        response_body=base64.b64encode(result.body_prefix).decode() or None,
    )


def _answer(result: AttemptResult, decision: Decision) -> Answer:
    if decision.verdict is Verdict.SUCCEEDED:
        return Answer.GOOD
    if result.error in _TIMEOUTS:
        return Answer.TIMED_OUT
    return Answer.REFUSED if result.status in _BUSY else Answer.OTHER


def _pause(result: AttemptResult) -> float | None:
    if result.retry_after is None:
        return None
    return retry_after_seconds(result.retry_after, dated(result.headers) or now())


def _count(claimed: Claimed, result: AttemptResult, decision: Decision) -> None:
    status = f"{result.status // 100}xx" if result.status else "none"
    ATTEMPTS.labels(decision.verdict.value, status).inc()
    if result.timings.total_ms is not None:
        ATTEMPT_SECONDS.observe(result.timings.total_ms / 1000)
    if claimed.number == 1:
        DELIVERY_DELAY.observe(max(0.0, claimed.age_seconds))


def _log_attempt(
    endpoint: Endpoint,
    claimed: Claimed,
    result: AttemptResult,
    decision: Decision,
    waited_for: str | None,
) -> None:
    log.info(
        "delivery.attempted",
        extra={
            "org_id": endpoint.org_id,
            "webhook_id": endpoint.webhook_id,
            "delivery_id": claimed.id,
            "event_id": claimed.event_id,
            "attempt": claimed.number,
            "status": result.status,
            "error": result.error,
            "total_ms": result.timings.total_ms,
            "verdict": decision.verdict,
            "retry_in_seconds": decision.delay_seconds,
            "waited_for": waited_for,
        },
    )
