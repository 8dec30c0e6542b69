"""`POST /capture`: read, judge, keep, answer. The product's front door.

A bare ASGI endpoint: no request and response objects, no PostgreSQL, one round trip to Redis that
is shared with whoever else is waiting.

    head.py        what the request's head says      reading.py     any encoding, one submission
    origin.py      who may call from which page      admission_requests.py  ids, answer, limits
    submitting.py, capture_writer.py  on disk        answers.py     202, 303, or why not

Who a capture is from, and what follows from that: `app.domain.capture.capture_rules`.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from app.domain.capture.capture import Capture
from app.domain.capture.capture_rules import Caller
from app.domain.capture.client_address import bucket_of
from app.domain.errors import Forbidden, MethodNotAllowed, RateLimitExceeded, RexError
from app.domain.org.org import Org
from app.domain.submission.submission import InvalidAddress, Submission
from app.http.answers import limit_headers, request_id_of
from app.http.authenticator import RequestAuthenticator
from app.http.body import BODY_BYTES_MAX, read_body, read_filtered
from app.http.request_head import check_head
from app.ingress import answers, form_answers
from app.ingress.admission_requests import (
    make_rejected,
    make_request,
    rates_for,
)
from app.ingress.answers import Reply
from app.ingress.caller_limits import CallerLimits
from app.ingress.capture_router import CaptureRouter
from app.ingress.cors import cors_headers, preflight_headers
from app.ingress.file_contents import FileContents
from app.ingress.head import Head, read_head
from app.ingress.media_type import boundary_of
from app.ingress.origin import check_origin
from app.ingress.prefer_wait import PreferWait, wanted_wait_seconds
from app.ingress.reading import Received, decode_body
from app.ingress.refusal_counter import RefusalCounter
from app.ingress.submitting import submit
from app.ingress.visit import Visit
from app.metrics.families import (
    ACCEPTED_BY_FALLBACK,
    ACCEPTED_BY_QUEUE,
    ACCEPTED_EARLIER,
    REFUSED,
)
from app.queue.admission import AdmissionResult, AdmissionStatus
from config.settings import Settings

log = logging.getLogger(__name__)


class CaptureEndpoint:
    """Takes captures; an ASGI application for one path."""

    def __init__(
        self,
        writer: CaptureRouter,
        authenticator: RequestAuthenticator,
        waiting: PreferWait,
        refusals: RefusalCounter,
        settings: Settings,
    ) -> None:
        self._acceptance = writer
        self._authenticator = authenticator
        self._prefer_wait = waiting
        self._refusals = refusals
        self._limits = CallerLimits(writer)
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever it is."""
        head = read_head(scope)
        request_id = request_id_of(head.request_id)
        if head.method == "OPTIONS":
            reply = Reply(204, preflight_headers(head), b"")
        else:
            reply = await self._reply(scope, receive, head, request_id)
        await answers.send_reply(send, reply, request_id)

    async def _reply(self, scope: Scope, receive: Receive, head: Head, request_id: str) -> Reply:
        org: Org | None = None
        visit: Visit | None = None
        try:
            identified = self._authenticator.identified
            org = here = await identified(head.host, None, lambda: self._org(scope, head))
            visit = await identified(head.host, head.api_key, lambda: self._visit(here, head))
            await self._limits.check_head(visit)
            body = await _read_body(receive, head)
            visit = visit._replace(body_bytes=len(body))
            await self._limits.check_body(visit)
            received = decode_body(body, head.content_type or "", head.content_encoding or "")
        except RexError as error:
            if org is not None:
                self._refusals.count(org.id, error)
            error = await self._limits.charge(visit, error)
            reply = form_answers.refusal(head, error, request_id, org=org)
            if visit is not None and isinstance(error, RateLimitExceeded):
                rate, wait_ms = visit.rates.per_caller, error.retry_after_seconds * 1000
                reply.headers.extend(limit_headers(rate, 0, wait_ms))
        except Exception as error:
            reply = form_answers.refusal(head, _unexpected(error, request_id), request_id)
        else:
            reply = await self._reply_to(visit, head, received, request_id)
        reply.headers.extend(cors_headers(head.origin))
        return reply

    def _org(self, scope: Scope, head: Head) -> Org:
        check_head(scope)
        if head.method != "POST":
            raise MethodNotAllowed("Captures are sent with POST", allowed="POST, OPTIONS")
        return self._authenticator.org_at(head.host)

    def _visit(self, org: Org, head: Head) -> Visit:
        if head.event_type is not None:
            raise Forbidden("This is a delivery of a webhook: capturing it would start a loop")
        quarantine = check_origin(org, head)
        address = self._authenticator.client_address(head.peer, head.forwarded_for)
        caller = Caller(bucket_of(address))
        if head.api_key is not None:
            key = self._authenticator.key_for(org, head.api_key, "POST", "/capture")
            caller = caller._replace(key_id=key.id, scope=key.scope)
        return Visit(org, caller, address, rates_for(org, caller, self._settings), quarantine)

    async def _reply_to(
        self, visit: Visit, head: Head, received: Received, request_id: str
    ) -> Reply:
        admission: AdmissionResult | None = None
        org, rates = visit.org, visit.rates
        try:
            submission = received.submission(_page_host(head))
            capture, request, admission = await submit(self._acceptance, visit, head, submission)
            self._limits.check_admission(visit, rates, admission)
            _count(admission)
            if head.wants_page:
                reply = self._next_page(org, submission)
            else:
                body = admission.first_answer or request.answer
                reply = await self._answer(visit, head, capture, body)
        except RexError as error:
            error = await self._note_refusal(visit, head, error)
            reply = form_answers.refusal(head, error, request_id, received.typed, org)
        except Exception as error:
            reply = form_answers.refusal(head, _unexpected(error, request_id), request_id)
        if admission is not None:
            limit = rates.per_caller
            reply.headers.extend(limit_headers(limit, admission.remaining, admission.wait_ms))
        return reply

    def _next_page(self, org: Org, submission: Submission) -> Reply:
        if refused := form_answers.refused_redirect(org, submission):
            self._refusals.count_redirect(org.id, refused)
        return form_answers.accepted(org, submission)

    async def _answer(self, visit: Visit, head: Head, capture: Capture, body: bytes) -> Reply:
        prefer = head.prefer if visit.caller.is_trusted else None
        seconds = wanted_wait_seconds(prefer) if prefer else 0.0
        if not seconds:
            return answers.json_reply(202, body)
        return await self._prefer_wait.answer(visit.org, capture, body, seconds)

    async def _note_refusal(self, visit: Visit, head: Head, error: RexError) -> RexError:
        """Count a refusal and keep what can be kept of it; what is answered."""
        self._refusals.count(visit.org.id, error)
        if not isinstance(error, InvalidAddress) or not error.submission.email:
            return await self._limits.charge(visit, error)
        submission = error.submission
        org, caller, address, *_ = visit
        reason = f"email {error.fields['email']}"
        capture = make_rejected(org, caller, head, address, submission, reason)
        # It has no contact, so nothing sets its target address apart from all others.
        rates = visit.rates._replace(per_email=0)
        request = make_request(capture, submission, org, caller, rates, None)
        try:
            admission = await self._acceptance.accept(request)
            self._limits.check_admission(visit, rates, admission)
        except RateLimitExceeded as limited:
            return limited
        except RexError:
            log.warning("capture.not_kept", extra={"org_id": visit.org.id})
        else:
            if admission.first_answer:  # the same once more, which admission takes no token for
                return await self._limits.charge(visit, error)
        return error


def _count(admission: AdmissionResult) -> None:
    if admission.status is AdmissionStatus.DUPLICATE:
        ACCEPTED_EARLIER.inc()
    elif not admission.confirmed:
        ACCEPTED_BY_FALLBACK.inc()
    else:
        ACCEPTED_BY_QUEUE.inc()


async def _read_body(receive: Receive, head: Head) -> bytes:
    """The body; without the contents of files if it is too large with them."""
    length, boundary = head.content_length or "", boundary_of(head.content_type or "")
    if not boundary or (length.isdecimal() and int(length[:20]) <= BODY_BYTES_MAX):
        return await read_body(receive, length)
    return await read_filtered(receive, length, FileContents(boundary))


def _page_host(head: Head) -> str | None:
    page = head.origin or head.referrer
    try:
        return urlsplit(page).hostname if page else None
    except ValueError:
        return None


def _unexpected(error: Exception, request_id: str) -> RexError:
    REFUSED.labels("internal").inc()
    log.error("capture.failed", exc_info=error, extra={"request_id": request_id})
    return RexError()
