from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.text.address import MalformedAddress, display_name, is_plain, normalise

LOCAL_64 = "a" * 64
DOMAIN_189 = ".".join(["b" * 62] * 3)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ann@example.com", "ann@example.com"),
        ("  Ann.Lee@Example.COM\n", "ann.lee@example.com"),
        ("ann+tag@example.com", "ann+tag@example.com"),
        ("o'brien!#$%&*/=?^_`{|}~-@example.com", "o'brien!#$%&*/=?^_`{|}~-@example.com"),
        ("ann@mail.example.co.uk", "ann@mail.example.co.uk"),
        ("a@b.co", "a@b.co"),
        ("ann@123.com", "ann@123.com"),
        ("ann@example.com.", "ann@example.com"),
        ("ann@example.com,", "ann@example.com"),
        ("mailto:ann@example.com?subject=Hi", "ann@example.com"),
        ("<ann@example.com>", "ann@example.com"),
        ("Ann Lee <ann@example.com>", "ann@example.com"),
        ('"Lee, Ann" <mailto:ann@example.com>', "ann@example.com"),
        ("“ann@example.com”", "ann@example.com"),
        ("\u200bann@example.com\ufeff", "ann@example.com"),
        ("\u202aann@example.com\u202c", "ann@example.com"),
        ("ann＠example．com", "ann@example.com"),
        ("ａｎｎ＠example。com", "ann@example.com"),
        ("ann@MÜNCHEN.de", "ann@xn--mnchen-3ya.de"),
        ("ann@mu\u0308nchen.de", "ann@xn--mnchen-3ya.de"),
        ("ann@XN--MNCHEN-3YA.de", "ann@xn--mnchen-3ya.de"),
        ("Jose\u0301@example.com", "josé@example.com"),
        ("J\u030can@example.com", "\u01f0an@example.com"),
        ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
        (f"{LOCAL_64}@example.com", f"{LOCAL_64}@example.com"),
        (f"{LOCAL_64}@{DOMAIN_189[:189]}", f"{LOCAL_64}@{DOMAIN_189}"),
    ],
)
def test_what_was_typed_becomes_the_address_that_was_meant(typed: str, address: str) -> None:
    assert normalise(typed) == address
    assert normalise(address) == address


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "is empty"),
        (" <> ", "has no @"),
        ("ann", "has no @"),
        ("ann at example.com", "has no @"),
        ("@example.com", "nothing before the @"),
        ("ann@", "no dot after"),
        ("ann@localhost", "no dot after"),
        ("ann@exa mple.com", "white space"),
        ("ann@a.co; eve@b.co", "more than one @"),
        ("ann@@a.co", "more than one @"),
        ('"ann lee"@a.co', "quoted"),
        (".ann@a.co", "dot too many"),
        ("ann.@a.co", "dot too many"),
        ("a..n@a.co", "dot too many"),
        ("a(b)n@a.co", "that none may have"),
        ("a\x07n@a.co", "that none may have"),
        ("a\u200dn@a.co", "that none may have"),
        ("ann@[192.0.2.1]", "IP address"),
        ("ann@192.0.2.1", "no valid domain"),
        ("ann@-a.co", "no valid domain"),
        ("ann@a_b.co", "no valid domain"),
        ("ann@a..co", "no valid domain"),
        ("ann@ü..co", "cannot exist"),
        ("ann@a\u2028b.co", "white space"),
        ("ann@❤.ws", "cannot exist"),
        (f"{LOCAL_64}a@example.com", "64 characters before"),
        ("é" * 33 + "@example.com", "64 characters before"),
        (f"{LOCAL_64}@{DOMAIN_189}.b", "254"),
        ("ann@" + "ü" * 300 + ".de", "254"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(typed: str, reason: str) -> None:
    with pytest.raises(MalformedAddress, match=reason):
        normalise(typed)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Ann Lee <ann@example.com>", "Ann Lee"),
        ('"Ann Lee" <ann@example.com>', "Ann Lee"),
        ("ann@example.com", None),
        ("<ann@example.com>", None),
        ("ann@example.com <ann@example.com>", None),
    ],
)
def test_a_name_beside_the_address_is_told(typed: str, name: str | None) -> None:
    assert display_name(typed) == name


@settings(deadline=None)  # a busy machine is no failure
@given(st.text(), st.text(min_size=1))
def test_an_accepted_address_is_its_own_normal_form(local: str, domain: str) -> None:
    for typed in (local, f"{local}@{domain}.com", f"ann@{domain}.de", f"{local}@example.com"):
        try:
            address = normalise(typed)
        except MalformedAddress:
            continue
        assert normalise(address) == address
        assert len(address.encode()) <= 254
        assert not address.isascii() or is_plain(address)


@pytest.mark.parametrize(
    "typed",
    ["a." * 50_000 + "@b.co", "ann@" + "a." * 50_000, "ann@" + "ü." * 50_000, "<" * 99_999 + "@"],
    ids=["dots before", "labels", "labels to encode", "brackets"],
)
def test_a_very_long_address_is_refused_at_once(typed: str) -> None:
    with pytest.raises(MalformedAddress):
        normalise(typed)
