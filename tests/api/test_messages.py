"""What a caller reads after a mistake: what would be right, in words."""

from __future__ import annotations

import msgspec
import pytest

from app.api.bodies import read_body
from app.api.contact_bodies import NewContact
from app.api.org import OrgEdit
from app.api.replays import NewReplay
from app.api.webhook_bodies import NewWebhook, WebhookEdit
from app.api.webhooks import Rotation
from app.domain.errors import Invalid, InvalidJson
from tests.asgi import Client

HOOK = {"url": "https://example.com/"}


@pytest.mark.parametrize(
    ("kind", "body", "field", "message"),
    [
        (WebhookEdit, {"status": "bogus"}, "status", "must be active or paused"),
        (WebhookEdit, {"status": None}, "status", "must be active or paused"),
        (WebhookEdit, {"ordered": "yes"}, "ordered", "must be true or false"),
        (WebhookEdit, {"rate_limit": 0}, "rate_limit", "a whole number from 1 to 10,000"),
        (WebhookEdit, {"rate_limit": 1.5}, "rate_limit", "a whole number from 1 to 10,000"),
        (Rotation, {"secret": "short"}, "secret", "must be 16 to 200 visible ASCII characters"),
        (Rotation, {"secret": "sixteen blanks and more"}, "secret", "visible ASCII characters"),
        (Rotation, {"overlap_seconds": "1"}, "overlap_seconds", "a whole number from 0 to"),
        (NewWebhook, HOOK | {"events": "all"}, "events", "a list of up to 50 items"),
        (
            NewWebhook,
            HOOK | {"events": ["x" * 101]},
            "events[0]",
            "must be contact.created, contact.",
        ),
        (NewWebhook, HOOK | {"headers": []}, "headers", "must be an object of up to 20 entries"),
        (NewWebhook, HOOK | {"headers": {"A": ""}}, "headers[...]", "1 to 1,024 visible ASCII"),
        (NewWebhook, HOOK | {"metadata": {"k" * 101: 1}}, "metadata", "every key must be text"),
        (NewWebhook, {}, "url", "is required"),
        (NewWebhook, HOOK | {"retry": 5}, "retry", "must be an object"),
        (NewWebhook, HOOK | {"retry": {"bse": 5}}, "retry.bse", "known are schedule, base, cap, m"),
        (NewWebhook, HOOK | {"retry": {"base": 0}}, "retry.base", "number from 1 to 86,400"),
        (NewWebhook, HOOK | {"retry": {"cap": "1h"}}, "retry.cap", "number from 1 to 604,800"),
        (WebhookEdit, {"retry": {"schedule": []}}, "retry.schedule", "a list of 1 to 999 items"),
        (WebhookEdit, {"retry": {"schedule": [0]}}, "retry.schedule[0]", "from 1 to 2,592,000"),
        (WebhookEdit, {"timeout_seconds": 31}, "timeout_seconds", "a whole number from 1 to 30"),
        (NewWebhook, HOOK | {"evnets": []}, "evnets", "is not a known field; known are url, ev"),
        (NewContact, {"email": 1}, "email", "must be text of up to 320 characters"),
        (NewContact, {"email": "a@b.c", "stage": 1}, "stage", "lead or prospect"),
        (NewContact, {"email": "a@b.c", "phone": 1}, "phone", "text of up to 50 characters"),
        (NewContact, [], "body", "must be an object"),
        (OrgEdit, {"min_fill_ms": 60_001}, "min_fill_ms", "a whole number from 0 to 60,000"),
        (OrgEdit, {"allowed_origins": [1]}, "allowed_origins[0]", "text of up to 300 characters"),
        (NewReplay, {"since": 5}, "since", "must be text of up to 40 characters"),
    ],
)
def test_a_wrong_body_is_told_what_would_be_right(
    kind: type[msgspec.Struct], body: object, field: str, message: str
) -> None:
    with pytest.raises(Invalid) as told:
        read_body(msgspec.json.encode(body), kind)
    ((name, problem),) = told.value.fields.items()
    assert name == field
    assert message in problem
    assert not any(sign in problem for sign in ("`", "Expected", "regex", ">=", "<=", "enum"))


@pytest.mark.parametrize("text", [b"{", b'{"min_fill_ms":1e400}', b'"\xff"', b"", b"[" * 5000])
def test_what_is_not_json_is_refused_as_such_or_by_its_field(text: bytes) -> None:
    with pytest.raises((Invalid, InvalidJson)):
        read_body(text, OrgEdit)


@pytest.mark.parametrize("number", [b"484.0", b"4.84e2", b"484"])
def test_a_whole_number_may_be_written_as_a_float(number: bytes) -> None:
    edit = read_body(b'{"min_fill_ms": %b, "allowed_origins": []}' % number, OrgEdit)
    assert (edit.min_fill_ms, type(edit.min_fill_ms)) == (484, int)


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("limit=1e2", "limit", "must be a whole number from 1 to 200, in digits"),
        ("limit=5.0", "limit", "in digits"),
        ("limit=", "limit", "in digits"),
        ("limit=999", "limit", "must be a whole number from 1 to 200"),
        ("stage=gold", "stage", "must be churned, customer, lead or prospect"),
        ("stage=lead&stage=lead", "stage", "is given more than once"),
        ("stage=lead&stage=customer", "stage", "is given more than once"),
        ("fields=", "fields", "names no field; known are id, email"),
        ("source=paid&sourcee=paid", "sourcee", "is not a parameter of this list; known are sort"),
        ("created_after=2026-03-16T24:00:00Z", "created_after", "such as 2026-03-16T12:00:00Z"),
    ],
)
def test_a_wrong_parameter_is_told_what_would_be_right(
    ask: Client, query: str, field: str, message: str
) -> None:
    reply = ask("GET", f"/contacts?{query}")
    assert (reply.status, reply.json["error"]["field"]) == (422, field)
    assert message in reply.json["error"]["message"]
