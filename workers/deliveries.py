"""Queue `deliveries`: the life of a delivery, as its workers see it.

1. Something makes it due: its event (the doorbell rings after the commit) or the clock.
2. A thread answers the bell and claims it under a lease, within the webhook's window. If there is
   more to carry than it asked for, it rings for the next thread.
3. It signs and sends, holding no database connection, and never after its lease.
4. It hands the outcome to the ledger and takes the next one in the same exchange, until nothing is
   due or its turn is over; then the bell's place in the queue is somebody else's.
5. A worker that dies in between leaves a lease behind, and the clock makes the delivery due again.
"""

from __future__ import annotations

import base64
import logging
import random
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.domain.attempt import AttemptResult, ErrorClass, Timings
from app.domain.delivery import Decision, DeliveryStatus, History, Verdict, decide, unsent
from app.domain.errors import StorageUnavailable
from app.domain.event import delivery_body
from app.domain.ids import new_id
from app.domain.times import now
from app.queue.jobs import Doorbell
from app.storage.claims import Claimed
from app.storage.deliveries import Settled
from app.storage.endpoints import Endpoint
from app.storage.vault import Vault
from workers.ledger import LEASE_MARGIN_SECONDS, Attempted, Exchange, Ledger, Terms
from workers.request import request_headers
from workers.sender import Sender

log = logging.getLogger(__name__)

#: How long one thread stays with one webhook while others wait for theirs.
TURN_SECONDS = 1.0
#: Pause before an outcome is handed in again while PostgreSQL is away.
HAND_IN_AGAIN_SECONDS = 0.25
_UNSENDABLE = "This delivery could not be made ready for sending; the server's log says why."
_TIMEOUTS = (ErrorClass.TIMED_OUT, ErrorClass.CONNECT_TIMEOUT, ErrorClass.DNS_TIMEOUT)
_STATUS_AFTER = {
    Verdict.SUCCEEDED: DeliveryStatus.SUCCEEDED,
    Verdict.RETRY: DeliveryStatus.PENDING,
    Verdict.DEFERRED: DeliveryStatus.PENDING,
    Verdict.FAILED: DeliveryStatus.FAILED,
    Verdict.GONE: DeliveryStatus.FAILED,
}


class Courier:
    """Carries a webhook's due deliveries; one for all threads of a process."""

    def __init__(
        self,
        ledger: Ledger,
        doorbell: Doorbell,
        sender: Sender,
        vault: Vault,
        terms: Terms,
    ) -> None:
        self._ledger = ledger
        self._doorbell = doorbell
        self._sender = sender
        self._vault = vault
        self._terms = terms
        self._pacing: set[str] = set()

    def deliver(self, webhook_id: str) -> None:
        """Attempt what is due of this webhook, one delivery after the other, for one turn."""
        self._doorbell.answer(webhook_id)
        turn_ends = time.monotonic() + TURN_SECONDS
        exchange = self._ledger.exchange(webhook_id, None, wanted=1)
        while exchange.claimed or self._wait_for_pace(exchange, turn_ends):
            if exchange.more:
                self._doorbell.ring([webhook_id])
            attempted = self._attempt(exchange) if exchange.claimed else None
            wanted = 1 if time.monotonic() < turn_ends else 0
            lease_ends = exchange.asked_at + self._terms.lease_seconds
            exchange = self._hand_in(webhook_id, attempted, wanted, lease_ends)
            if not wanted:
                self._doorbell.ring([webhook_id])

    def _wait_for_pace(self, exchange: Exchange, turn_ends: float) -> bool:
        """Wait for the endpoint's next turn, if it has one soon; one thread waits, not all."""
        soon = 0 < exchange.wait_seconds < turn_ends - time.monotonic()
        if not soon or exchange.webhook_id in self._pacing:
            return False
        self._pacing.add(exchange.webhook_id)
        try:
            time.sleep(exchange.wait_seconds)
        finally:
            self._pacing.discard(exchange.webhook_id)
        return True

    def _hand_in(
        self, webhook_id: str, attempted: Attempted | None, wanted: int, lease_ends: float
    ) -> Exchange:
        # An outcome that is not recorded is sent again, so it is worth waiting for PostgreSQL as
        # long as nobody else may take the delivery up.
        while True:
            try:
                return self._ledger.exchange(webhook_id, attempted, wanted)
            except StorageUnavailable:
                if time.monotonic() + HAND_IN_AGAIN_SECONDS > lease_ends:
                    raise
                time.sleep(HAND_IN_AGAIN_SECONDS)

    def _attempt(self, exchange: Exchange) -> Attempted | None:
        endpoint = exchange.endpoint
        assert endpoint is not None
        (claimed,) = exchange.claimed
        if time.monotonic() > exchange.asked_at + LEASE_MARGIN_SECONDS:
            return None  # this process slept; the lease runs out and the clock takes over
        started_at = now()
        result = self._send(endpoint, claimed)
        decision = self._decide(claimed, result)
        _log_attempt(endpoint, claimed, result, decision)
        return Attempted(
            settled(claimed, result, decision, started_at),
            decision,
            timed_out=result.error in _TIMEOUTS,
            url=endpoint.url,
        )

    def _send(self, endpoint: Endpoint, claimed: Claimed) -> AttemptResult:
        try:
            body = delivery_body(
                claimed.event_id, claimed.event_type, claimed.occurred_at, claimed.data
            )
            headers = request_headers(endpoint, claimed, body, self._vault, time.time())
            return self._sender.post(endpoint.url, headers, body)
        except Exception:
            log.exception("delivery.unsendable", extra={"delivery_id": claimed.id})
            return AttemptResult(
                error=ErrorClass.SENDER_FAILED, error_detail=_UNSENDABLE, timings=Timings()
            )

    def _decide(self, claimed: Claimed, result: AttemptResult) -> Decision:
        history = History(claimed.failures, claimed.deferrals, claimed.age_seconds)
        if result.error is ErrorClass.SENDER_FAILED:
            return unsent(history, self._terms.policy)
        status = result.status if result.error is None else None
        pause = retry_after_seconds(result.retry_after, dated(result.headers) or now())
        return decide(history, status, pause, self._terms.policy, random.random())


def settled(
    claimed: Claimed, result: AttemptResult, decision: Decision, started_at: datetime
) -> Settled:
    """The delivery's next state and the attempt's row."""
    counted = decision.verdict in (Verdict.RETRY, Verdict.FAILED, Verdict.GONE)
    return Settled(
        delivery_id=claimed.id,
        lease=claimed.lease,
        number=claimed.number,
        status=_STATUS_AFTER[decision.verdict],
        failures=claimed.failures + counted,
        deferrals=claimed.deferrals + (decision.verdict is Verdict.DEFERRED),
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


def retry_after_seconds(header: str | None, at: datetime) -> float | None:
    """What a Retry-After header asks for, in seconds from `at`: a number of seconds or a date."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return float(header[:12])
    moment = _http_date(header)
    return None if moment is None else max(0.0, (moment - at).total_seconds())


def dated(headers: Iterable[tuple[str, str]]) -> datetime | None:
    """When an answer left by the receiver's own clock, which its dates are to be read by."""
    found = (value for name, value in headers if name.lower() == "date")
    return _http_date(next(found, ""))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _log_attempt(
    endpoint: Endpoint, claimed: Claimed, result: AttemptResult, decision: Decision
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
        },
    )
