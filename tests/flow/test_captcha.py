"""A form's captcha on a whole system: the lead comes first, the provider's word after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import urllib3

from app.domain.ids import new_id
from scripts.client import Rex
from scripts.system.whole import WholeSystem
from tests.flow.systems import query, running_system
from tests.waiting import eventually
from tests.workers.captcha_provider import SECRET, Provider, providing

PATIENCE_SECONDS = 60.0
TOKEN = "cf-turnstile-response"
TOKENS = ("good-1", "forged", "good-slow", "expired")


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
def system(provider: Provider) -> Iterator[WholeSystem]:
    with running_system(CAPTCHA_PROXY_URL=provider.url) as whole:
        yield whole


@pytest.mark.all_only
def test_leads_are_recorded_while_the_provider_takes_its_time(
    system: WholeSystem, provider: Provider
) -> None:
    rex = Rex(system.base_url, system.api_key)
    edit = {"captcha": {"provider": "turnstile", "secret": SECRET}}
    assert rex.request("PATCH", "/org", edit)[0] == 200

    def sends_tokens() -> bool:
        """Settings apply in every web process within a second."""
        capture(f"{new_id('cap')}@example.com", "good-first")
        return bool(query(system, "SELECT 1 FROM captures WHERE verification IS NOT NULL"))

    def capture(email: str, token: str) -> None:
        lead = {"email": email, TOKEN: token}
        assert urllib3.request("POST", f"{system.base_url}/capture", json=lead).status == 202

    def found(email: str) -> list[str | None]:
        which = "SELECT verification FROM captures WHERE payload->>'email' = %s AND status = %s"
        return [row[0] for row in query(system, which, email, "recorded")]

    eventually(sends_tokens, PATIENCE_SECONDS)
    for token in TOKENS:
        capture(f"{token}@example.com", token)
    eventually(lambda: found("forged@example.com") == ["failed"], PATIENCE_SECONDS)
    eventually(lambda: "good-slow" in [a["response"] for a in provider.asked], PATIENCE_SECONDS)

    assert found("good-slow@example.com") == ["pending"]
    _, contacts = rex.request("GET", "/contacts?limit=200")
    emails = {contact["email"] for contact in contacts["data"]}
    assert emails >= {f"{token}@example.com" for token in TOKENS}

    provider.released.set()
    expected = {"good-1": "verified", "good-slow": "verified", "expired": "unverified"}
    eventually(
        lambda: {token: found(f"{token}@example.com")[0] for token in expected} == expected,
        PATIENCE_SECONDS,
    )
    assert not query(system, "SELECT 1 FROM verifications")
