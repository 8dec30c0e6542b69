"""`POST /capture`: read, judge, keep, answer. The product's front door.

A bare ASGI endpoint: no request and response objects, no PostgreSQL, one round trip to Redis that
is shared with whoever else is waiting.

    head.py        what the request's head says      reading.py     any encoding, one submission
    cors.py        who may call from which page      requests.py  ids, answer, keys of limits
    writer.py  on disk before the answer         answers.py     202, 303, or why not
"""

from __future__ import annotations

import logging
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from app.domain.api_key import ApiKey
from app.domain.capture import Capture
from app.domain.errors import MethodNotAllowed, RateLimitExceeded, RexError
from app.domain.org import Org
from app.domain.submission import InvalidAddress
from app.http.answers import limit_headers, rate_limit_exceeded, request_id_of
from app.http.authenticator import RequestAuthenticator
from app.http.body import read_body
from app.http.request_head import check_head
from app.ingress import answers, form_answers
from app.ingress.admission_requests import (
    Rates,
    caller_key,
    make_capture,
    make_rejected,
    make_request,
    rates_for,
)
from app.ingress.answers import Reply
from app.ingress.caller_cooldown import CallerCooldown, refused_too_often
from app.ingress.capture_writer import CaptureWriter
from app.ingress.cors import check_origin, cors_headers, preflight_headers
from app.ingress.head import Head, read_head
from app.ingress.prefer_wait import PreferWait, wanted_wait_seconds
from app.ingress.reading import Received, decode_body
from app.ingress.refusal_counter import RefusalCounter
from app.queue.admission import AdmissionResult, AdmissionStatus
from config.settings import Settings

log = logging.getLogger(__name__)

#: Codes of refusals that a body was read for.
_REFUSALS_OF_BODIES = frozenset(["invalid_json", "validation_failed"])


class Caller(NamedTuple):
    """Who captures: an org's page or tool, from an address, perhaps with a key."""

    org: Org
    key: ApiKey | None
    address: str
    rates: Rates

    @property
    def name(self) -> str:
        """What its limit is counted under."""
        return self.key.id if self.key else self.address

    @property
    def limit_key(self) -> str:
        """The key of its limit."""
        return caller_key(self.org.id, self.name)


class CaptureEndpoint:
    """Takes captures; an ASGI application for one path."""

    def __init__(
        self,
        writer: CaptureWriter,
        authenticator: RequestAuthenticator,
        waiting: PreferWait,
        refusals: RefusalCounter,
        settings: Settings,
    ) -> None:
        self._acceptance = writer
        self._authenticator = authenticator
        self._prefer_wait = waiting
        self._refusals = refusals
        self._cooldown = CallerCooldown()
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever it is."""
        head = read_head(scope)
        request_id = request_id_of(head.request_id)
        if head.method == "OPTIONS":
            reply = Reply(204, preflight_headers(head.origin), b"")
        else:
            reply = await self._reply(scope, receive, head, request_id)
        await answers.send_reply(send, reply, request_id)

    async def _reply(self, scope: Scope, receive: Receive, head: Head, request_id: str) -> Reply:
        caller: Caller | None = None
        try:
            caller = await self._authenticator.identified(
                head.host, head.api_key, lambda: self._identify(scope, head)
            )
            self._cooldown.check(caller.limit_key)
            body = await read_body(receive, head.content_length or "")
            received = decode_body(body, head.content_type or "", head.content_encoding or "")
        except RexError as error:
            error = await self._charged(caller, error)
            reply = form_answers.refusal(head, error, request_id)
        except Exception as error:
            reply = form_answers.refusal(head, _unexpected(error, request_id), request_id)
        else:
            reply = await self._reply_to(caller, head, received, request_id)
        reply.headers.extend(cors_headers(head.origin))
        return reply

    def _identify(self, scope: Scope, head: Head) -> Caller:
        check_head(scope)
        if head.method != "POST":
            raise MethodNotAllowed("Captures are sent with POST", allowed="POST, OPTIONS")
        org = self._authenticator.org_at(head.host)
        check_origin(org, head.origin)
        key = None
        if head.api_key is not None:
            key = self._authenticator.key_for(org, head.api_key, "POST", "/capture")
        address = self._authenticator.client_address(head.peer, head.forwarded_for)
        return Caller(org, key, address, rates_for(org, key, self._settings))

    async def _reply_to(
        self, caller: Caller, head: Head, received: Received, request_id: str
    ) -> Reply:
        admission: AdmissionResult | None = None
        try:
            submission = received.submission(_page_host(head))
            capture = make_capture(caller.org, caller.key, head, caller.address, submission)
            request = make_request(
                capture, submission, caller.name, caller.rates, head.idempotency_key
            )
            admission = await self._acceptance.accept(request)
            _check_limits(admission, caller.rates)
            if head.wants_page:
                reply = form_answers.accepted(caller.org, submission.controls.redirect)
            else:
                body = admission.first_answer or request.answer
                reply = await self._answer(caller, head, capture, body)
        except RexError as error:
            error = await self._note_refusal(caller, head, error)
            reply = form_answers.refusal(head, error, request_id, received.typed)
        except Exception as error:
            reply = form_answers.refusal(head, _unexpected(error, request_id), request_id)
        if admission is not None:
            limit = caller.rates.per_caller
            reply.headers.extend(limit_headers(limit, admission.remaining, admission.wait_ms))
        return reply

    async def _answer(self, caller: Caller, head: Head, capture: Capture, body: bytes) -> Reply:
        seconds = wanted_wait_seconds(head.prefer) if caller.key and head.prefer else 0.0
        if not seconds:
            return answers.json_reply(202, body)
        return await self._prefer_wait.answer(caller.org, capture, body, seconds)

    async def _charged(self, caller: Caller | None, error: RexError) -> RexError:
        """The refusal of a body, which costs a token; or that there was none left."""
        if caller is None or error.code not in _REFUSALS_OF_BODIES:
            return error
        charged = await self._acceptance.charge(caller.limit_key, caller.rates.per_caller)
        if charged is None or charged.status is not AdmissionStatus.ADDRESS_LIMITED:
            return error
        self._cooldown.start(caller.limit_key, charged.wait_ms / 1000)
        return refused_too_often(charged.wait_ms)

    async def _note_refusal(self, caller: Caller, head: Head, error: RexError) -> RexError:
        """Count a refusal and keep what can be kept of it; what is answered."""
        self._refusals.count(caller.org.id, error)
        if not isinstance(error, InvalidAddress) or not error.submission.email:
            return await self._charged(caller, error)
        submission = error.submission
        capture = make_rejected(
            caller.org, head, caller.address, submission, f"email {error.fields['email']}"
        )
        # It has no contact, so nothing sets its target address apart from all others.
        rates = caller.rates._replace(per_email=0)
        request = make_request(capture, submission, caller.name, rates, None)
        try:
            admission = await self._acceptance.accept(request)
            _check_limits(admission, rates)
        except RateLimitExceeded as limited:
            self._cooldown.start(caller.limit_key, limited.retry_after_seconds)
            return limited
        except RexError:
            log.warning("capture.not_kept", extra={"org_id": caller.org.id})
        else:
            if admission.first_answer:  # the same once more, which admission takes no token for
                return await self._charged(caller, error)
        return error


def _check_limits(admission: AdmissionResult, rates: Rates) -> None:
    if admission.status not in (AdmissionStatus.ADDRESS_LIMITED, AdmissionStatus.EMAIL_LIMITED):
        return
    if admission.status is AdmissionStatus.ADDRESS_LIMITED:
        message = f"More than {rates.per_caller} captures a minute from one caller"
    else:
        message = f"More than {rates.per_email} captures a minute for this e-mail address"
    raise rate_limit_exceeded(admission.wait_ms, message)


def _page_host(head: Head) -> str | None:
    page = head.origin or head.referrer
    try:
        return urlsplit(page).hostname if page else None
    except ValueError:
        return None


def _unexpected(error: Exception, request_id: str) -> RexError:
    log.error("capture.failed", exc_info=error, extra={"request_id": request_id})
    return RexError()
