"""A webhook that leads back to our own /capture is told by its URL."""

from __future__ import annotations

import pytest

from app.domain.webhook.own_url import OwnHosts, is_own_capture

OWN = OwnHosts("rex.example", 8000, "acme.rex.example")
DEV = OwnHosts("localhost", 8000, "localhost:8000")


@pytest.mark.parametrize(
    ("own", "url", "expected"),
    [
        (OWN, "https://acme.rex.example/capture", True),
        (OWN, "https://globex.rex.example/capture/", True),
        (OWN, "https://rex.example//capture?a=b", True),
        (OWN, "https://acme.rex.example/x/../%63apture", True),
        (OWN, "https://acme.rex.example/thanks", False),
        (OWN, "https://rex.example.evil.com/capture", False),
        (OWN, "https://other.example/capture", False),
        (OWN._replace(host="leads.acme.com"), "https://leads.acme.com/capture", True),
        (OWN._replace(host="leads.acme.com"), "https://leads.acme.com:8443/capture", False),
        (OWN, "http://127.0.0.1:8000/capture", True),
        (DEV, "http://localhost:8000/capture", True),
        (DEV, "http://acme.localhost:8000/capture", True),
        (DEV, "http://127.0.0.1:8000/capture", True),
        (DEV, "http://[::1]:8000/capture", True),
        (DEV, "http://localhost:3000/capture", False),
        (DEV._replace(host="[::1]:99999"), "http://localhost:8000/capture", True),
    ],
)
def test_own_capture_is_told_from_other_urls(own: OwnHosts, url: str, expected: bool) -> None:
    assert is_own_capture(url, own) is expected
