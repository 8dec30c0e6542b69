"""Only listed targets, in one reading, are redirected to."""

from __future__ import annotations

import pytest

from app.domain.capture.redirect import allowed_redirect

TARGETS = ("https://shop.example/thanks", "https://shop.example/after/")


@pytest.mark.parametrize(
    "url", ["https://shop.example/thanks", "https://shop.example/after/a?b=c#d"]
)
def test_listed_targets_are_allowed(url: str) -> None:
    assert allowed_redirect(url, TARGETS) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "https://shop.example/",
        "https://shop.example/thanks/else",
        "https://shop.example/after",
        "https://shop.example.evil.example/after/",
        "https://shop.example/after/../admin",
        "https://shop.example/after/%2e%2E/admin",
        "https://shop.example/after/\\evil",
        "https://shop.example/after/\r\nSet-Cookie: a=b",
        "https://user@shop.example/after/",
        "javascript:alert(1)",
        "//evil.example",
        "https://shop.example/after/" + "x" * 2048,
        "https://[shop.example/after/",
    ],
)
def test_anything_else_is_not(url: str | None) -> None:
    assert allowed_redirect(url, (*TARGETS, "javascript:")) is None
