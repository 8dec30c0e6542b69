"""Whom a capture is from decides what is a duplicate, what is refused and what is told."""

from __future__ import annotations

import pytest

from app.domain.org.api_key import Scope
from tests.asgi import Reply
from tests.ingress.conftest import MakeSite, Site
from tests.ingress.test_endpoint_limits import at_once

LEAD = {"email": "ada@example.com", "first_name": "Ada"}
HERE, THERE = "203.0.113.7", "198.51.100.8"


def capture_id(reply: Reply) -> str:
    assert reply.status == 202
    return str(reply.json["data"]["capture_id"])


def test_a_second_click_that_is_not_too_fast_is_recorded(make_site: MakeSite) -> None:
    site = make_site(min_fill_ms=2000)
    site({**LEAD, "_fill_ms": 900})
    site({**LEAD, "_fill_ms": 3400})
    site({**LEAD, "_fill_ms": 3500})

    assert ["quarantine" in capture for capture in site.queued()] == [True, False]


def test_a_strangers_honeypot_post_swallows_nobodys_lead(site: Site) -> None:
    key = site.make_key(Scope.READ_WRITE)
    site({**LEAD, "_gotcha": "x"}, x_forwarded_for=THERE)
    site(LEAD, x_forwarded_for=HERE)
    site(LEAD, x_api_key=key)

    assert ["quarantine" in capture for capture in site.queued()] == [True, False, False]


def test_no_answer_tells_of_another_visitors_capture(site: Site) -> None:
    ids = {capture_id(site(LEAD, x_forwarded_for=each)) for each in (HERE, THERE)}

    assert len(ids) == len(site.queued()) == 2


def test_one_callers_equal_posts_at_once_are_one_capture_and_equal_answers(site: Site) -> None:
    key = site.make_key(Scope.READ_WRITE)
    for headers in ({"x_forwarded_for": HERE}, {"x_api_key": key}):
        before = len(site.queued())
        replies = at_once(lambda _, headers=headers: site(LEAD, **headers))  # type: ignore[misc]

        assert len({reply.body for reply in replies}) == 1
        assert len(site.queued()) == before + 1


def test_a_guessed_idempotency_key_tells_a_stranger_nothing_and_stops_nobody(site: Site) -> None:
    bait = site({"email": "ada@example.com", "_gotcha": "x"}, idempotency_key="1")
    real = site(LEAD, idempotency_key="1", x_forwarded_for=HERE)
    guess = site({"email": "ada@example.com"}, idempotency_key="1", x_forwarded_for=THERE)

    assert len({capture_id(reply) for reply in (bait, real, guess)}) == 3
    assert guess.json["data"]["first_name"] is None
    assert ["quarantine" in capture for capture in site.queued()] == [True, False, False]


@pytest.mark.parametrize("scope", [None, Scope.CAPTURE_ONLY])
def test_an_idempotency_key_of_a_page_is_not_bound_to_an_address(
    site: Site, scope: Scope | None
) -> None:
    key = site.make_key(scope) if scope else None
    first = site(LEAD, idempotency_key="1", x_forwarded_for=HERE, x_api_key=key)
    again = site(LEAD, idempotency_key="1", x_forwarded_for=THERE, x_api_key=key)
    other = site({**LEAD, "phone": "1"}, idempotency_key="1", x_api_key=key)

    assert first.body == again.body
    assert other.status == 202
    assert len(site.queued()) == 2


def test_a_keyed_caller_is_told_that_its_idempotency_key_had_another_body(site: Site) -> None:
    key = site.make_key(Scope.READ_WRITE)
    first = site(LEAD, idempotency_key="1", x_api_key=key)
    other = site({**LEAD, "phone": "1"}, idempotency_key="1", x_api_key=key)
    again = site(LEAD, idempotency_key="1", x_api_key=key)
    elsewhere = site(LEAD, idempotency_key="1", x_api_key=site.make_key(Scope.READ_WRITE))

    assert other.status == 422
    assert "Idempotency-Key" in other.json["error"]["message"]
    assert first.body == again.body
    assert capture_id(elsewhere) != capture_id(first)
    assert len(site.queued()) == 2


def test_a_form_names_its_idempotency_key_in_a_field_that_is_not_kept(site: Site) -> None:
    form = {"content_type": "application/x-www-form-urlencoded", "accept": "*/*"}
    first = site(b"email=ada%40example.com&_idempotency_key=k1", x_forwarded_for=HERE, **form)
    by_header = site({"email": "ada@example.com"}, idempotency_key="k1", x_forwarded_for=THERE)
    other = site({"email": "ada@example.com", "_idempotency_key": "k2"}, x_forwarded_for=HERE)

    assert first.body == by_header.body
    assert capture_id(other) != capture_id(first)
    assert [capture.get("metadata") for capture in site.queued()] == [None, None]


def test_a_capture_only_key_is_as_weak_as_none(make_site: MakeSite) -> None:
    site = make_site(capture_rate_per_address=2)
    key = site.make_key(Scope.CAPTURE_ONLY)
    reply = site(LEAD, x_api_key=key, prefer="wait=10", x_forwarded_for=HERE)
    site({"email": "bob@example.com"}, x_forwarded_for=HERE)
    limited = site({"email": "eve@example.com"}, x_api_key=key, x_forwarded_for=HERE)

    assert "preference-applied" not in reply.headers
    assert reply.headers["x-ratelimit-limit"] == "2"
    assert limited.status == 429
    assert [capture.get("keyed", False) for capture in site.queued()] == [False, False]


def test_visitors_cannot_use_up_the_limit_of_an_orgs_own_captures(make_site: MakeSite) -> None:
    site = make_site(capture_rate_per_email=1)
    site({**LEAD, "phone": "1"})
    anonymous = site({**LEAD, "phone": "2"})
    page = site({**LEAD, "phone": "2"}, x_api_key=site.make_key(Scope.CAPTURE_ONLY))
    own = site({**LEAD, "phone": "2"}, x_api_key=site.make_key(Scope.READ_WRITE))

    assert [reply.status for reply in (anonymous, page, own)] == [429, 429, 202]


def test_a_64_bit_network_of_ipv6_shares_one_limit(make_site: MakeSite) -> None:
    site = make_site(capture_rate_per_address=1)
    replies = [
        site({"email": f"ada{n}@example.com"}, x_forwarded_for=address)
        for n, address in enumerate(("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"))
    ]

    assert [reply.status for reply in replies] == [202, 429, 202]
    assert site.queued()[0]["client_address"] == "2001:db8::1"


def test_a_delivery_of_ours_is_refused_with_a_reason(site: Site) -> None:
    reply = site(LEAD, x_rex_event="contact.created", x_api_key=site.make_key(Scope.READ_WRITE))

    assert reply.status == 403
    assert "loop" in reply.json["error"]["message"]
    assert site.queued() == []
