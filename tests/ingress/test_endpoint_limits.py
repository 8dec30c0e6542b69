"""What is captured twice, too often, or by a bot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import InvalidCapture
from app.ingress.refusal_counter import RefusalCounter
from app.queue.admission_client import AdmissionClient
from app.queue.connection import connect
from app.queue.figures import refusals as refusals_of
from tests.asgi import Reply
from tests.ingress.conftest import MakeSite, Site

LEAD = {"email": "ada@example.com", "first_name": "Ada", "metadata": {"utm_source": "news"}}
CLICKS = 50


def at_once(ask: Callable[[int], Reply]) -> list[Reply]:
    """The answers to fifty requests that are made side by side."""
    with ThreadPoolExecutor(CLICKS) as pool:
        return list(pool.map(ask, range(CLICKS)))


def test_fifty_equal_posts_at_once_are_one_capture_and_fifty_equal_answers(site: Site) -> None:
    replies = at_once(lambda _: site(LEAD))

    assert {reply.status for reply in replies} == {202}
    assert len({reply.body for reply in replies}) == 1
    assert len(site.queued()) == 1


def test_with_a_different_idempotency_key_each_is_a_capture(site: Site) -> None:
    replies = at_once(lambda number: site(LEAD, idempotency_key=f"click-{number}"))

    # More than the limit of an address at once would be somebody's attack on a mailbox.
    taken = [reply.json["data"] for reply in replies if reply.status == 202]
    assert len({data["capture_id"] for data in taken}) == len(taken) == len(site.queued())
    assert {data["id"] for data in taken} == {taken[0]["id"]}


def test_the_same_key_gives_the_first_answer_again_also_with_another_spelling(site: Site) -> None:
    first = site(LEAD, idempotency_key="abc")
    again = site({**LEAD, "email": " ADA@Example.com"}, idempotency_key="abc")

    assert again.body == first.body
    assert len(site.queued()) == 1


@pytest.mark.parametrize(
    "same",
    [
        b'{"email":"ada@example.com","first_name":"Ada","metadata":{"a":1,"b":2}}',
        b'{"metadata": {"b": 2, "a": 1}, "first_name": " Ada ", "email": "ADA@Example.com"}',
    ],
)
def test_a_double_click_is_told_by_what_was_meant_not_by_its_bytes(site: Site, same: bytes) -> None:
    first = site({"email": "ada@example.com", "first_name": "Ada", "metadata": {"a": 1, "b": 2}})

    assert site(same).body == first.body
    assert site({"email": "ada@example.com", "first_name": "Ada"}).body != first.body
    assert len(site.queued()) == 2


def test_orgs_do_not_share_duplicates(make_site: MakeSite) -> None:
    one, other = make_site(), make_site()

    assert one(LEAD, idempotency_key="k").body != other(LEAD, idempotency_key="k").body


def lead(number: int) -> dict[str, str]:
    return {"email": f"lead{number}@example.com"}


def test_over_the_limit_of_a_client_address_is_a_429_that_says_when(make_site: MakeSite) -> None:
    site = make_site(capture_rate_per_address=3)
    taken = [site(lead(number), x_forwarded_for="203.0.113.7") for number in range(3)]
    limited = site(lead(3), x_forwarded_for="203.0.113.7")
    elsewhere = site(lead(4), x_forwarded_for="203.0.113.8")

    assert [reply.status for reply in taken] == [202] * 3
    assert [reply.headers["x-ratelimit-remaining"] for reply in taken] == ["2", "1", "0"]
    assert {reply.headers["x-ratelimit-limit"] for reply in [*taken, limited]} == {"3"}
    assert limited.status == 429
    assert limited.json["error"]["code"] == "rate_limit_exceeded"
    assert limited.headers["x-ratelimit-remaining"] == "0"
    # A bucket of three a minute gains one every 20 s.
    assert 1 <= int(limited.headers["retry-after"]) <= 20
    assert time.time() < int(limited.headers["x-ratelimit-reset"]) < time.time() + 62
    assert elsewhere.status == 202
    assert [capture["email"] for capture in site.queued()] == [
        f"lead{number}@example.com" for number in (0, 1, 2, 4)
    ]


@pytest.mark.parametrize(
    "refused", [b'{"first_name": "%s"}', b'{"email": "typo", "first_name": "%s"}', b"{%s"]
)
def test_a_refused_body_takes_a_token_more_for_each_4_kib(
    make_site: MakeSite, refused: bytes
) -> None:
    site = make_site(capture_rate_per_address=40)
    small, large = refused % b"", refused % (b"x" * 40_000)

    assert [site(small).status for _ in range(10)].count(429) == 0
    assert [site(large).status for _ in range(5)].count(429) == 2


def test_over_the_limit_of_an_address_is_a_429_whoever_asks(make_site: MakeSite) -> None:
    site = make_site(capture_rate_per_email=2)
    statuses = [
        site({**LEAD, "title": str(n)}, x_forwarded_for=f"203.0.113.{n}").status for n in range(3)
    ]
    limited = site({**LEAD, "title": "x"}, x_forwarded_for="203.0.113.9")

    assert statuses == [202, 202, 429]
    assert int(limited.headers["retry-after"]) >= 1
    assert "e-mail" in limited.json["error"]["message"]
    assert site({"email": "bob@example.com"}).status == 202


def test_a_duplicate_is_answered_beyond_any_limit(make_site: MakeSite) -> None:
    site = make_site(capture_rate_per_address=1, capture_rate_per_email=1)

    assert site(LEAD).body == site(LEAD).body


def test_a_filled_honeypot_is_answered_like_any_other_and_quarantined(site: Site) -> None:
    human, bot = site(lead(1)), site({**lead(2), "_gotcha": "http://spam.example"})
    stored = {capture["email"]: capture for capture in site.queued()}

    assert bot.status == human.status
    assert bot.json["data"].keys() == human.json["data"].keys()
    assert bot.headers.keys() == human.headers.keys()
    assert "_gotcha" in stored["lead2@example.com"]["quarantine"]
    assert "quarantine" not in stored["lead1@example.com"]


@pytest.mark.parametrize(
    ("fill_ms", "is_quarantined"), [(2999, True), ("120", True), (3000, False), (None, False)]
)
def test_a_form_filled_in_too_fast_is_quarantined(
    make_site: MakeSite, fill_ms: object, is_quarantined: bool
) -> None:
    site = make_site(min_fill_ms=3000)

    assert site({**LEAD, "_fill_ms": fill_ms}).status == 202
    (capture,) = site.queued()
    assert ("quarantine" in capture) is is_quarantined


def test_every_refusal_for_the_address_alone_is_kept_as_rejected(site: Site) -> None:
    # More than any limit of one target address: what has no contact shares no limit.
    for number in range(30):
        assert site({"email": f"typo {number}", "first_name": "Ada"}).status == 422
    assert site({"first_name": "Ada"}).status == 422

    assert len([capture for capture in site.queued() if capture["rejected"]]) == 30


@pytest.mark.parametrize(
    "refused",
    [
        (b"{", 400),
        (b'{"email": "nobody"}', 422),
        (b'{"note": "no address"}', 422),
    ],
    ids=["no JSON", "no address", "none"],
)
def test_a_refusal_costs_as_much_as_a_capture(
    make_site: MakeSite, refused: tuple[bytes, int]
) -> None:
    site = make_site(capture_rate_per_address=3)
    body, status = refused

    replies = [site(body, content_type="application/json") for _ in range(5)]

    assert [reply.status for reply in replies] == [status] * 3 + [429] * 2
    assert all(int(reply.headers["retry-after"]) >= 1 for reply in replies[3:])
    assert site(LEAD).status == 429


def test_who_may_not_capture_at_all_pays_nothing(make_site: MakeSite) -> None:
    site = make_site(capture_rate_per_address=2)

    assert {site(LEAD, x_api_key="rex_live_wrong").status for _ in range(5)} == {401}
    assert {site(b"", method="GET").status for _ in range(5)} == {405}
    assert {site(b"x" * 70_000).status for _ in range(5)} == {413}
    assert site(LEAD).status == 202


def test_refusals_are_counted_by_reason_under_names_of_ours_only(redis_url: str) -> None:
    async def count() -> None:
        admission = AdmissionClient(redis_url, 1000)
        refusals = RefusalCounter(admission)
        for field in ("email", "metadata", "made up by a visitor", "and another"):
            refusals.count("org_1", InvalidCapture({field: "is wrong"}))
        await refusals.flush()
        await admission.close()

    asyncio.run(count())
    client = connect(redis_url, connections=1)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    found = {each.reason: each.refused for each in refusals_of(client, ["org_1"], [today])}

    assert found == {
        "validation_failed.other": 2,
        "validation_failed.email": 1,
        "validation_failed.metadata": 1,
    }
