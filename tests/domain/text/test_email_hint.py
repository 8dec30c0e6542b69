"""Domains that are probably mistyped."""

from __future__ import annotations

import pytest

from app.domain.text.address import is_plain
from app.domain.text.email_hint import KNOWN_DOMAINS, meant_domain


@pytest.mark.parametrize(
    ("email", "meant"),
    [
        ("ann@gmial.com", "gmail.com"),
        ("ann@hotmail.con", "hotmail.com"),
        ("ann@gmail.com", None),
        ("ann@gmail.co.uk", None),
        ("gmial.com@acme.com", None),
        ("nobody", None),
    ],
)
def test_a_mistyped_domain(email: str, meant: str | None) -> None:
    assert meant_domain(email) == meant


def test_every_domain_that_is_meant_is_right_itself() -> None:
    assert [meant_domain(f"a@{domain}") for domain in KNOWN_DOMAINS] == [None] * len(KNOWN_DOMAINS)
    assert all(is_plain(f"a@{domain}") for domain in KNOWN_DOMAINS)
