"""Which pages may capture, and what becomes of captures of those that may not."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.org.api_key import Scope
from app.ingress.origin import OriginRefused
from app.ingress.refusal_counter import RefusalCounter
from app.queue.admission_client import AdmissionClient
from app.queue.connection import connect
from app.queue.figures import RefusedOrigins
from tests.ingress.conftest import MakeSite, Site
from tests.ingress.test_endpoint_forms import BROWSER, FORM
from tests.waiting import eventually

PAGE = "https://page.example"
LEAD = {"email": "ada@example.com"}


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """An org that names the pages that may capture."""
    return make_site(allowed_origins=(PAGE,))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_our_own_correction_page_may_always_send_its_form(site: Site, scheme: str) -> None:
    typo = site(b"email=ada", content_type=FORM, accept=BROWSER, origin=PAGE)
    own = f"{scheme}://{site.host}"
    corrected = site(b"email=a%40example.com", content_type=FORM, accept=BROWSER, origin=own)

    assert typo.headers["referrer-policy"] == "same-origin"
    assert (typo.status, corrected.status) == (422, 303)


@pytest.mark.parametrize(
    ("referrer", "status", "is_quarantined"),
    [
        (f"{PAGE}/contact?a=b", 202, False),
        ("https://PAGE.example:443/", 202, False),
        ("https://evil.example/", 403, False),
        (None, 202, True),
        ("about:blank", 202, True),
        ("http://[", 202, True),
    ],
)
def test_a_page_without_an_origin_is_judged_by_its_referer(
    site: Site, referrer: str | None, status: int, is_quarantined: bool
) -> None:
    reply = site(LEAD, origin="null", referer=referrer)

    assert reply.status == status
    assert ["quarantine" in each for each in site.queued()] == (
        [is_quarantined] if status == 202 else []
    )


def test_a_visitor_is_told_in_words_for_people(site: Site) -> None:
    page = site(
        b"email=a%40example.com",
        content_type=FORM,
        accept=BROWSER,
        origin="https://evil.example",
    )
    nowhere = site(b"email=a", content_type=FORM, accept=BROWSER, host="nobody.rex.test")

    for reply in (page, nowhere):
        text = reply.body.decode().split("</h1>")[1].lower()
        assert "origin" not in text
        assert "org " not in text


def test_refused_origins_are_counted_by_name_but_not_without_end(redis_url: str) -> None:
    made_up = [f"https://made-up-{number}.example" for number in range(30)]

    async def count() -> None:
        admission = AdmissionClient(redis_url, 1000)
        refusals = RefusalCounter(admission)
        for origin in ["https://www.page.example"] * 3 + made_up:
            refusals.count("org_1", OriginRefused(origin))
        await refusals.flush()
        await admission.close()

    asyncio.run(count())
    counts = RefusedOrigins(connect(redis_url, connections=1)).of("org_1")

    assert next(iter(counts.items())) == ("other", 11)
    assert counts["https://www.page.example"] == 3
    assert sum(counts.values()) == 33


def test_a_mistyped_list_of_origins_shows_in_the_org(site: Site) -> None:
    key = site.make_key(Scope.READ_WRITE)
    assert site(LEAD, origin="https://www.page.example").status == 403

    def shown() -> object:
        reply = site(None, method="GET", path="/org", x_api_key=key)
        return reply.json["data"]["refused_origins"]

    # Counts are handed on every few seconds.
    eventually(lambda: shown() == {"https://www.page.example": 1}, 15)
