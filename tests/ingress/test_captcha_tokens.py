"""Captcha tokens are taken out of what was sent, and travel with the capture if its org asks."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from app.domain.org.api_key import Scope
from app.domain.spam.captcha import Captcha, CaptchaProvider
from tests.ingress.conftest import MakeSite, Site

LEAD = {"email": "ann@example.com", "message": "Hello"}
TOKENS = {
    "cf-turnstile-response": "t0ken-t",
    "h-captcha-response": "t0ken-h",
    "g-recaptcha-response": "t0ken-r",
}


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    return make_site(captcha=Captcha(CaptchaProvider.TURNSTILE))


@pytest.mark.parametrize(
    ("provider", "token"),
    [
        (CaptchaProvider.TURNSTILE, "t0ken-t"),
        (CaptchaProvider.HCAPTCHA, "t0ken-h"),
        (CaptchaProvider.RECAPTCHA, "t0ken-r"),
        (None, None),
    ],
)
@pytest.mark.parametrize("is_form", [False, True])
def test_the_orgs_token_travels_and_none_is_metadata(
    make_site: MakeSite, provider: CaptchaProvider | None, token: str | None, is_form: bool
) -> None:
    site = make_site(captcha=provider and Captcha(provider))
    if is_form:
        body = urlencode(LEAD | TOKENS).encode()
        assert site(body, content_type="application/x-www-form-urlencoded").status == 202
    else:
        assert site(LEAD | TOKENS).status == 202

    (capture,) = site.queued()
    assert capture["metadata"] == {"message": "Hello"}
    assert capture.get("captcha") == (provider and {"provider": provider, "token": token})


def test_a_double_click_with_another_token_is_one_capture(site: Site) -> None:
    replies = [site(LEAD | {"cf-turnstile-response": token}) for token in ("one", "two")]
    assert replies[0].body == replies[1].body
    assert [each["captcha"]["token"] for each in site.queued()] == ["one"]


@pytest.mark.parametrize(
    ("scope", "travels"), [(Scope.READ_WRITE, False), (Scope.CAPTURE_ONLY, True)]
)
def test_a_caller_with_a_key_that_no_page_has_is_not_verified(
    site: Site, scope: Scope, travels: bool
) -> None:
    assert site(LEAD | TOKENS, x_api_key=site.make_key(scope)).status == 202
    (capture,) = site.queued()
    assert ("captcha" in capture) == travels


@pytest.mark.parametrize("token", ["", "x" * 10_000, ["", ""], {"a": "b"}, 7, "t\u00f6ken"])
def test_what_is_no_token_is_dropped_and_the_lead_is_kept(site: Site, token: object) -> None:
    assert site(LEAD | {"cf-turnstile-response": token}).status == 202
    (capture,) = site.queued()
    assert (capture["metadata"], capture.get("captcha")) == ({"message": "Hello"}, None)
