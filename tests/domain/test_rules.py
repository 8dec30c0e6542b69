"""Small rules: signatures, subscriptions, headers, keys, host names, times."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.delivery.signature import generate_secret, sign, sign_standard
from app.domain.org.api_key import Scope, allows, generate_key, hash_key
from app.domain.org.org import slug_of_host
from app.domain.times import parse_rfc3339, rfc3339
from app.domain.webhook.event import delivery_body
from app.domain.webhook.webhook import header_problem, subscribes, unknown_patterns


def test_the_signature_is_what_the_documented_verification_computes() -> None:
    header = sign("whsec_abc", 1_773_662_400, b'{"id":"evt_1"}')

    timestamp, signature = (part.split("=", 1)[1] for part in header.split(","))
    message = f"{timestamp}.".encode() + b'{"id":"evt_1"}'
    assert hmac.new(b"whsec_abc", message, hashlib.sha256).hexdigest() == signature
    assert header == f"t=1773662400,v1={signature}"


def test_the_standard_signature_matches_the_specifications_example() -> None:
    # The example of the Standard Webhooks specification.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign_standard(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected


def test_a_secret_that_is_not_base64_keys_the_standard_signature_with_its_bytes() -> None:
    assert sign_standard("plain", "evt_1", 1, b"x") == sign_standard("plain", "evt_1", 1, b"x")
    assert sign_standard("plain", "evt_1", 1, b"x") != sign_standard("plain2", "evt_1", 1, b"x")


def test_generated_secrets_differ() -> None:
    assert generate_secret() != generate_secret()
    assert len(generate_secret()) == len("whsec_") + 44


@pytest.mark.parametrize(
    ("patterns", "event_type", "expected"),
    [
        (["*"], "contact.created", True),
        (["contact.*"], "contact.deleted", True),
        (["contact.*"], "webhook.disabled", False),
        (["contact.created"], "contact.created", True),
        (["contact.created"], "contact.updated", False),
        (["contact"], "contact.created", False),
        (["*"], "ping", True),
        ([], "ping", False),
    ],
)
def test_subscriptions(patterns: list[str], event_type: str, expected: bool) -> None:
    assert subscribes(patterns, event_type) is expected


def test_patterns_that_match_nothing_are_named() -> None:
    assert unknown_patterns(["contact.*", "lead.created", "*", "contact.x"]) == [
        "lead.created",
        "contact.x",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "x"),
        ("content-length", "1"),
        ("X-Rex-Signature", "x"),
        ("webhook-id", "x"),
        ("bad name", "x"),
        ("X-A", "a\r\nX-B: 1"),
        ("X-A", "a\r\n b"),
        ("X-A", "é"),
        ("X-A", ""),
        ("X-A", " x"),
        ("", "x"),
        ("X-A", "x" * 1025),
    ],
)
def test_headers_that_would_break_framing_or_ours_are_refused(name: str, value: str) -> None:
    assert header_problem({name: value}) is not None


def test_ordinary_extra_headers_are_taken() -> None:
    assert header_problem({"Authorization": "Bearer abc", "X-Team": "sales team"}) is None


@pytest.mark.parametrize(
    ("scope", "method", "path", "expected"),
    [
        (Scope.READ, "GET", "/contacts", True),
        (Scope.READ, "POST", "/contacts", False),
        (Scope.READ, "POST", "/capture", False),
        (Scope.READ_WRITE, "DELETE", "/contacts/x", True),
        (Scope.READ_WRITE, "POST", "/capture", True),
        (Scope.CAPTURE_ONLY, "POST", "/capture", True),
        (Scope.CAPTURE_ONLY, "GET", "/contacts", False),
        (Scope.CAPTURE_ONLY, "POST", "/contacts", False),
    ],
)
def test_scopes(scope: Scope, method: str, path: str, expected: bool) -> None:
    assert allows(scope, method, path) is expected


def test_a_key_is_kept_as_a_hash_and_its_last_characters() -> None:
    key = generate_key("live")
    assert key.text.startswith("rex_live_")
    assert key.hash == hash_key(key.text)
    assert key.text.endswith(key.last4)
    assert key.text.encode() not in key.hash


@pytest.mark.parametrize(
    ("host", "slug"),
    [
        ("acme.example.com", "acme"),
        ("ACME.Example.com:8000", "acme"),
        ("acme.example.com.", "acme"),
        ("example.com", None),
        ("acme.example.org", None),
        ("127.0.0.1:8000", None),
        ("evilexample.com", None),
        ("", None),
    ],
)
def test_the_org_of_a_host_name(host: str, slug: str | None) -> None:
    assert slug_of_host(host, "example.com") == slug


def test_a_delivery_body_is_the_documented_one() -> None:
    at = datetime(2026, 3, 16, 12, 0, 1, 999_000, tzinfo=UTC)
    assert delivery_body("evt_1", "contact.created", at, '{"id":"cont_1"}') == (
        b'{"id":"evt_1","event":"contact.created","type":"contact.created",'
        b'"timestamp":"2026-03-16T12:00:01Z","data":{"id":"cont_1"}}'
    )


@pytest.mark.parametrize(
    "text", ["2026-03-16T12:00:00Z", "2026-03-16T13:00:00+01:00", "2026-03-16T12:00:00"]
)
def test_times_are_read_in_any_zone_and_written_in_utc(text: str) -> None:
    assert rfc3339(parse_rfc3339(text)) == "2026-03-16T12:00:00Z"


def test_any_offset_that_can_be_read_becomes_utc() -> None:
    moment = parse_rfc3339("2000-01-01T00:00:28+17:42")
    assert moment.utcoffset() == timedelta(0)
    assert rfc3339(moment) == "1999-12-31T06:18:28Z"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "rubbish", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_or_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rfc3339(text)
