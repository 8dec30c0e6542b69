"""Where people are told to go."""

from __future__ import annotations

import pytest

from config.settings import Settings
from config.urls import console_url, public_url

EXAMPLE = {"base_domain": "example.com"}
OWN_PORT = {"console_port": 8001}


@pytest.mark.parametrize(
    ("own", "slug", "public", "console"),
    [
        ({}, "acme", "http://localhost:8000", "http://localhost:8000"),
        ({}, "b", "http://b.localhost:8000", "http://b.localhost:8000"),
        (OWN_PORT, "acme", "http://localhost:8000", "http://localhost:8001"),
        (OWN_PORT, "b", "http://b.localhost:8000", "http://b.localhost:8001"),
        (EXAMPLE, "b", "https://b.example.com", "https://b.example.com"),
        (EXAMPLE | OWN_PORT, "acme", "https://acme.example.com", "http://localhost:8001"),
        (EXAMPLE | OWN_PORT, "b", "https://b.example.com", "https://b.example.com"),
    ],
)
def test_urls_of_an_org(own: dict[str, str | int], slug: str, public: str, console: str) -> None:
    settings = Settings("postgresql://", "redis://", b"", **own)  # type: ignore[arg-type]
    assert public_url(settings, slug) == public
    assert console_url(settings, slug) == console
