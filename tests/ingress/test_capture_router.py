"""Captures on three streams: what belongs together is found together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import msgspec
import pytest
import redis

from app.domain.org.api_key import Scope
from app.main import make_app
from app.queue.jobs import CAPTURES, KEYS
from config.settings import Settings
from tests.factories import make_org
from tests.ingress.conftest import Site, running

STREAMS = 3
RATE = 60


@pytest.fixture(scope="module")
def spread_site(ingress_settings: Settings) -> Iterator[Site]:
    """An org whose captures are spread over three streams of one server."""
    settings = replace(ingress_settings, capture_streams=STREAMS, capture_rate_per_address=RATE)
    app = make_app(settings)
    with running(app) as client:
        org = make_org(app.state.services.database, "spread")
        app.state.services.tenants.refresh()
        yield Site(app, client, settings.redis_url, org)


@pytest.fixture
def site(spread_site: Site, redis_url: str) -> Site:
    """The same, with nothing queued and no limit used up."""
    return spread_site


def queued(redis_url: str) -> list[list[dict[str, Any]]]:
    """The captures of each stream."""
    with closing(redis.Redis.from_url(redis_url)) as client:
        streams = [KEYS.numbered(number).stream(CAPTURES) for number in range(STREAMS)]
        entries: Any = [client.xrange(stream) for stream in streams]
    jobs = [[msgspec.json.decode(fields[b"job"]) for _, fields in each] for each in entries]
    return [[capture for job in some for capture in job["args"][0]] for some in jobs]


def lead(number: int) -> dict[str, str]:
    return {"email": f"{number}@example.com"}


def test_captures_are_spread_and_repeats_are_found(site: Site, redis_url: str) -> None:
    for number in range(40):
        first, again = site(lead(number)), site(lead(number))
        assert (first.status, first.body) == (202, again.body)
        keyed = [site(lead(number), idempotency_key=f"key {number}") for _ in range(2)]
        assert keyed[0].body == keyed[1].body != first.body

    found = queued(redis_url)
    assert sum(map(len, found)) == 80
    assert all(found)
    # Both of a contact are on one stream, where the limit of its address counts them.
    for captures in found:
        emails = sorted(capture["email"] for capture in captures)
        assert emails[::2] == emails[1::2]


def test_a_keyed_callers_idempotency_key_stands_for_one_body_whatever_its_contact(
    site: Site,
) -> None:
    key = site.make_key(Scope.READ_WRITE)
    replies = [site(lead(n), x_api_key=key, idempotency_key="the key") for n in range(8)]
    assert [reply.status for reply in replies] == [202, *[422] * 7]


def test_a_caller_has_its_rate_on_each_stream(site: Site, redis_url: str) -> None:
    taken = 0
    while site(lead(taken)).status == 202:
        taken += 1
    assert taken > RATE
    # It ends with the first stream that has had its rate, and what it got back meanwhile.
    assert max(map(len, queued(redis_url))) >= RATE
    print(f"one caller, {RATE} a minute, {STREAMS} streams: {taken} taken before the first 429")
