"""POST /capture as any page or tool meets it: who may, and what every answer carries."""

from __future__ import annotations

import time

import pytest

import app.ingress.submitting
from app.domain.org.api_key import Scope
from tests.asgi import Reply
from tests.ingress.conftest import MakeSite, Site

PAGE = "https://page.example"
LEAD = {"email": "ada@example.com"}


def assert_readable_by(page: str, reply: Reply) -> None:
    """A script of that page can read the answer, why it was refused and when to come again."""
    assert reply.headers["access-control-allow-origin"] == page
    assert "access-control-allow-credentials" not in reply.headers
    exposed = reply.headers["access-control-expose-headers"].lower()
    for name in ("x-request-id", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining"):
        assert name in exposed
    assert reply.headers["vary"] == "Origin"
    assert reply.headers["x-request-id"]
    if reply.status >= 400:
        assert reply.json["error"]["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize(
    ("status", "code", "body", "request_headers"),
    [
        (202, None, LEAD, {}),
        (400, "invalid_json", b"{", {}),
        (401, "unauthenticated", LEAD, {"x_api_key": "rex_live_wrong"}),
        (404, "not_found", LEAD, {"host": "nobody.rex.test"}),
        (405, "method_not_allowed", LEAD, {"method": "GET"}),
        (413, "payload_too_large", b" " * (64 * 1024 + 1), {}),
        (413, "payload_too_large", LEAD, {"content_length": "70000"}),
        (413, "payload_too_large", LEAD, {"x_long": "x" * 33_000}),
        (415, "unsupported_media_type", LEAD, {"content_type": "application/xml"}),
        (422, "validation_failed", {"email": "nobody"}, {}),
    ],
)
def test_every_answer_can_be_read_by_the_page_that_asked(
    site: Site, status: int, code: str, body: object, request_headers: dict[str, str]
) -> None:
    reply = site(body, origin=PAGE, **request_headers)

    assert reply.status == status
    assert code is None or reply.json["error"]["code"] == code
    assert_readable_by(PAGE, reply)
    assert b"Traceback" not in reply.body


def test_a_caller_that_is_no_page_gets_open_headers(site: Site) -> None:
    assert site(LEAD).headers["access-control-allow-origin"] == "*"


def test_a_preflight_is_answered_for_any_page_and_costs_no_quota(make_site: MakeSite) -> None:
    site = make_site(capture_rate_per_address=1)
    for _ in range(5):
        preflight = site(
            None,
            method="OPTIONS",
            origin=PAGE,
            access_control_request_method="POST",
            access_control_request_headers="content-type,idempotency-key",
        )

    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert preflight.status == 204
    assert preflight.body == b""
    assert preflight.headers["access-control-allow-origin"] == PAGE
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert {"content-type", "idempotency-key", "x-api-key"} <= set(allowed.split(", "))
    assert int(preflight.headers["access-control-max-age"]) >= 600
    assert site(LEAD, origin=PAGE).status == 202


def test_a_preflight_allows_what_tools_add_to_a_pages_requests(site: Site) -> None:
    added = "baggage,traceparent,HX-Request,x-requested-with,authorization,cache-control"
    preflight = site(
        None,
        method="OPTIONS",
        origin=PAGE,
        access_control_request_method="POST",
        access_control_request_headers=f"{added},not a token,bad\x7f",
    )

    allowed = preflight.headers["access-control-allow-headers"].lower().split(", ")
    assert set(added.lower().split(",")) <= set(allowed)
    assert "not a token" not in allowed
    assert all(name.isprintable() for name in allowed)
    assert "access-control-allow-credentials" not in preflight.headers


def test_a_preflight_that_asks_for_too_much_gets_a_short_answer(site: Site) -> None:
    wanted = ",".join(f"x-{number}" for number in range(4000))
    preflight = site(None, method="OPTIONS", access_control_request_headers=wanted)

    assert preflight.status == 204
    assert len(preflight.headers["access-control-allow-headers"]) < 10_000


def test_an_origin_that_the_org_does_not_list_is_refused_before_anything_is_stored(
    make_site: MakeSite,
) -> None:
    site = make_site(allowed_origins=(PAGE,))

    for stranger in ("https://evil.example", "http://page.example", PAGE + ".evil.example"):
        reply = site(LEAD, origin=stranger)
        assert (reply.status, reply.json["error"]["code"]) == (403, "forbidden")
        assert_readable_by(stranger, reply)
    assert site.queued() == []
    assert site(LEAD, origin=PAGE).status == 202
    assert site({"email": "server@example.com"}).status == 202
    assert len(site.queued()) == 2


@pytest.mark.parametrize(
    ("scope", "status"), [(Scope.READ, 403), (Scope.CAPTURE_ONLY, 202), (Scope.READ_WRITE, 202)]
)
def test_a_key_must_be_allowed_to_capture(site: Site, scope: Scope, status: int) -> None:
    assert site(LEAD, x_api_key=site.make_key(scope)).status == status


def test_a_key_of_another_org_is_wrong_here(make_site: MakeSite) -> None:
    one, other = make_site(), make_site()
    key = other.make_key(Scope.READ_WRITE)

    assert one(LEAD, x_api_key=key).status == 401
    assert other(LEAD, x_api_key=key).status == 202


@pytest.mark.parametrize("sent", ["trace-1", "4f9c1b2a/7:1.2_3", "a" * 100])
def test_a_sane_request_id_is_the_callers(site: Site, sent: str) -> None:
    reply = site(LEAD, x_request_id=sent)

    assert reply.headers["x-request-id"] == sent


@pytest.mark.parametrize("sent", [None, "", "a b", "<script>", "a" * 101])
def test_any_other_request_id_is_a_new_one(site: Site, sent: str | None) -> None:
    reply = site(LEAD, x_request_id=sent)

    assert reply.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("accept", "content_type", "body"),
    [
        ("*/*", "application/json", b'{"email": "ada@example.com"}'),
        ("text/html", "application/x-www-form-urlencoded", b"email=ada%40example.com"),
    ],
)
def test_a_fault_of_ours_tells_its_id_and_nothing_else(
    site: Site, monkeypatch: pytest.MonkeyPatch, accept: str, content_type: str, body: bytes
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("inner workings")

    monkeypatch.setattr(app.ingress.submitting, "make_capture", fail)
    reply = site(body, origin=PAGE, accept=accept, content_type=content_type)

    assert reply.status == 500
    assert reply.headers["access-control-allow-origin"] == PAGE
    for word in (b"Traceback", b"ZeroDivision", b"inner workings", b".py"):
        assert word not in reply.body


def test_an_anonymous_caller_does_not_wait(site: Site) -> None:
    started = time.monotonic()
    reply = site(LEAD, prefer="wait=10")

    assert reply.status == 202
    assert "preference-applied" not in reply.headers
    assert time.monotonic() - started < 5


def test_a_keyed_caller_gets_the_202_when_recording_takes_longer(site: Site) -> None:
    key = site.make_key(Scope.READ_WRITE)
    started = time.monotonic()
    reply = site(LEAD, x_api_key=key, prefer="respond-async, wait=1")

    assert reply.status == 202
    assert 1 <= time.monotonic() - started < 5
