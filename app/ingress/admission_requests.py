"""Turns a cleaned submission into an admission request: ids, the answer, the keys of its limits."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from app.domain.capture.capture import Capture
from app.domain.capture.capture_rules import Caller, Said, rules_for
from app.domain.contact_fields import lead_values
from app.domain.ids import derive_contact_id, milliseconds_of, new_id
from app.domain.org.org import Org
from app.domain.spam.captcha import choose_token
from app.domain.spam.mode import SpamMode
from app.domain.spam.proof import REMEMBERED_MS, Fault, check_proof
from app.domain.submission.controls import NO_CONTROLS
from app.domain.submission.form import form_of_page
from app.domain.submission.submission import Submission
from app.domain.text.email_hint import meant_domain
from app.ingress.head import Head
from app.queue.admission import AdmissionRequest
from app.queue.erasure import first_answer_key
from config.settings import Settings

_encoder = msgspec.json.Encoder()
_canonical = msgspec.json.Encoder(order="deterministic")


class Accepted(msgspec.Struct):
    """The data of an answer; structs are encoded several times faster than dicts are made."""

    id: str
    email: str
    first_name: str | None
    last_name: str | None
    stage: str
    source: str
    #: Whole seconds, in UTC.
    created_at: datetime
    capture_id: str
    #: The address with the domain that was probably meant.
    suggested_email: str | UnsetType = UNSET


class Answer(msgspec.Struct):
    """The body of a 202."""

    data: Accepted


class Rates(NamedTuple):
    """Captures a minute: from one caller, and for one target address; 0: no limit."""

    per_caller: int
    per_email: int


def rates_for(org: Org, caller: Caller, settings: Settings) -> Rates:
    """The org's rates where it has its own; a trusted caller is limited by its key."""
    own = org.settings
    per_address = own.capture_rate_per_address
    per_email = own.capture_rate_per_email
    if per_address is None:
        per_address = settings.capture_rate_per_address
    return Rates(
        settings.api_rate_per_key if caller.is_trusted else per_address,
        settings.capture_rate_per_email if per_email is None else per_email,
    )


def make_capture(
    org: Org,
    caller: Caller,
    head: Head,
    client_address: str,
    submission: Submission,
    quarantine: str | None = None,
) -> Capture:
    """The capture of a submission, received now. `quarantine`: why its page is suspicious."""
    controls = submission.controls
    # A keyed caller knows whom it sends.
    captcha = None if caller.is_trusted else org.settings.captcha
    capture = Capture(
        *lead_values(submission),
        id=new_id("cap"),
        org_id=org.id,
        contact_id=derive_contact_id(org.created_ms, org.id_secret, submission.email),
        keyed=caller.is_trusted,
        client_address=client_address,
        user_agent=head.user_agent,
        referrer=head.referrer,
        touches=controls.touches,
        honeypot=controls.honeypot is not None,
        fill_ms=controls.fill_ms,
        without_language=head.accept_language is None,
        without_page=head.origin is None and head.referrer is None,
        spam_mode=org.settings.spam_mode,
        captcha=choose_token(captcha, controls.captcha_tokens),
        quarantine=signs_of_bot(org, submission) or quarantine,
    )
    capture.form = head.form or capture.form or form_of_page(head.referrer, head.host)
    return capture


def make_rejected(
    org: Org, caller: Caller, head: Head, client_address: str, submission: Submission, reason: str
) -> Capture:
    """The capture of a submission whose address was the only fault: kept for people to see."""
    capture = make_capture(org, caller, head, client_address, submission)
    capture.contact_id = ""
    capture.rejected = reason
    return capture


def make_request(
    capture: Capture,
    submission: Submission,
    org: Org,
    caller: Caller,
    rates: Rates,
    idempotency_key: str | None,
    proof: str = "",
) -> AdmissionRequest:
    """What the admission decides on. `proof`: the proof of work that it uses up."""
    digest = _digest(_canonical.encode([_said(submission), bool(signs_of_bot(org, submission))]))
    said = Said(digest, capture.contact_id, idempotency_key)
    rules = rules_for(caller, capture.status, said)
    return AdmissionRequest(
        capture=_encoder.encode(capture),
        answer=_encoder.encode(Answer(answer_of(capture))),
        dedupe_key=first_answer_key(org.id, _digest(_encoder.encode(rules.identity))),
        dedupe_ms=rules.remembered_ms,
        address_key=caller_key(org.id, rules.caller_bucket),
        address_rate=rates.per_caller,
        email_key=f"for:{rules.email_bucket}",
        email_rate=rates.per_email,
        bound_key=_bound_key(org.id, rules.bound_key),
        bound_to=digest,
        proof_key=f"proof:{org.id}:{proof}" if proof else "",
        proof_ms=REMEMBERED_MS,
    )


def under_first_id(capture: bytes, first_answer: bytes) -> bytes:
    """A capture that repeats another, under the id that the first one was answered with.

    Wherever both are kept, they are recorded once.
    """
    again = msgspec.json.decode(capture, type=Capture)
    again.id = msgspec.json.decode(first_answer, type=Answer).data.capture_id
    return _encoder.encode(again)


def _bound_key(org_id: str, key: tuple[str, ...]) -> str:
    return f"bound:{org_id}:{_digest(_encoder.encode(key))}" if key else ""


def caller_key(org_id: str, caller: str) -> str:
    """The key of a caller's limit."""
    return f"from:{org_id}:{caller}"


def answer_of(capture: Capture) -> Accepted:
    """The documented answer. It is made of what the caller sent and tells nothing else."""
    meant = meant_domain(capture.email)
    return Accepted(
        capture.contact_id,
        capture.email,
        capture.first_name,
        capture.last_name,
        "lead",
        capture.source,
        datetime.fromtimestamp(milliseconds_of(capture.id) // 1000, UTC),
        capture.id,
        f"{capture.email.rpartition('@')[0]}@{meant}" if meant else UNSET,
    )


def _said(submission: Submission) -> Submission:
    """Of two clicks the second took longer: how the form was filled in does not count."""
    if submission.controls is NO_CONTROLS:
        return submission
    return msgspec.structs.replace(submission, controls=NO_CONTROLS)


def signs_of_bot(org: Org, submission: Submission) -> str | None:
    """What in a submission looks like a bot's; None for nothing."""
    controls = submission.controls
    if controls.honeypot:
        return f"honeypot field {controls.honeypot} was filled"
    minimum = org.settings.min_fill_ms
    if minimum and controls.fill_ms is not None and controls.fill_ms < minimum:
        return f"filled in {controls.fill_ms} ms, faster than {minimum} ms"
    return None


def proof_of_work(org: Org, caller: Caller, submission: Submission) -> str | Fault:
    """The proof that a submission uses up, or why it lacks one; "" where the org asks for none.

    A keyed caller needs none.
    """
    if org.settings.spam_mode is not SpamMode.REQUIRE_POW or caller.is_trusted:
        return ""
    return check_proof(submission.controls.proof, org.proof_key)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
