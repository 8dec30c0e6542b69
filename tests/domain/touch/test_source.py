from __future__ import annotations

import pytest

from app.domain.touch.source import derive_source

OUTSIDE = "https://www.search.example/?q=acme"
PAGE = "https://www.acme.example/prices"


@pytest.mark.parametrize(
    ("metadata", "source"),
    [
        ({}, "organic"),
        ({"utm_source": "google"}, "organic"),
        ({"gclid": "x"}, "paid"),
        ({"fbclid": "x"}, "social"),
        ({"fbclid": "x", "utm_medium": "email"}, "email"),
        ({"fbclid": "x", "utm_medium": "cpc"}, "paid"),
        ({"fbclid": "x", "gclid": "y"}, "paid"),
        ({"fbclid": "x", "referrer": OUTSIDE}, "social"),
        ({"msclkid": "x", "referrer": OUTSIDE}, "paid"),
        ({"gclid": ""}, "organic"),
        ({"utm_medium": "cpc"}, "paid"),
        ({"utm_medium": "CPC"}, "paid"),
        ({"utm_medium": "ppc"}, "paid"),
        ({"utm_medium": "paid"}, "paid"),
        ({"utm_medium": "paid-social"}, "paid"),
        ({"utm_medium": "paidsearch"}, "paid"),
        ({"utm_medium": "display"}, "paid"),
        ({"utm_medium": "email"}, "email"),
        ({"utm_medium": "E-Mail", "referrer": OUTSIDE}, "email"),
        ({"utm_medium": "social"}, "social"),
        ({"utm_medium": "organic_social"}, "social"),
        ({"utm_medium": ["cpc", "email"]}, "paid"),
        ({"utm_medium": 7}, "organic"),
        ({"utm_medium": "unpaid"}, "organic"),
        ({"referrer": OUTSIDE}, "referral"),
        ({"referrer": OUTSIDE, "utm_medium": "qr"}, "referral"),
        ({"referrer": OUTSIDE, "landing_page": PAGE}, "referral"),
        ({"referrer": "https://acme.example/", "landing_page": PAGE}, "organic"),
        (
            {"referrer": "https://blog.acme.example/", "landing_page": "https://acme.example"},
            "organic",
        ),
        ({"referrer": "https://notacme.example/", "landing_page": PAGE}, "referral"),
        ({"referrer": "search.example"}, "referral"),
        ({"referrer": "android-app://com.example.mail/"}, "referral"),
        ({"referrer": "(direct)"}, "organic"),
        ({"referrer": "direct"}, "organic"),
        ({"referrer": "/prices"}, "organic"),
        ({"referrer": "https://[oops/"}, "organic"),
        ({"referrer": {"url": OUTSIDE}}, "organic"),
    ],
)
def test_the_source_is_what_the_first_touch_shows(metadata: dict[str, object], source: str) -> None:
    assert derive_source(metadata) == source


@pytest.mark.parametrize(
    ("referrer", "landing_page", "source"),
    [
        ("https://www.acme.example/", "", "organic"),
        ("https://www.acme.example/", "/prices.html", "organic"),
        (OUTSIDE, "/prices.html", "referral"),
        ("https://www.acme.example/", "https://other.example/", "referral"),
    ],
)
def test_the_page_that_sent_it_tells_what_is_outside(
    referrer: str, landing_page: str, source: str
) -> None:
    metadata = {"referrer": referrer, "landing_page": landing_page}

    assert derive_source(metadata, page_host="acme.example:8443") == source
