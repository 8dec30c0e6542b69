from __future__ import annotations

import unicodedata
from itertools import groupby

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.text.untrusted_text import MARKS_MAX, clean_text, one_line

#: Two kinds of marks by turns: sorting them is what takes `normalize` quadratic time.
ABOVE, BELOW = "\u0301", "\u0316"
#: Of class 0 itself, but two marks once it is taken apart.
MARKS_IN_DISGUISE = "\u0f73\u0f75\u0f81"
#: A letter that NFC takes apart, into itself and a mark.
WITH_A_MARK = "\u0958"

characters = (
    st.characters()
    | st.characters(categories=["Mn", "Mc", "Me", "Cc", "Cs", "Zs", "Cf"])
    | st.sampled_from(ABOVE + BELOW + MARKS_IN_DISGUISE + WITH_A_MARK + "\U0001d162\u1100\u1161\0")
)
runs = st.tuples(st.text(characters, max_size=4), st.integers(1, 50)).map(lambda r: r[0] * r[1])
texts = st.lists(runs | st.text(characters), max_size=6).map("".join)


def longest_run_of_marks(text: str) -> int:
    """Of the text as `normalize` sorts it: taken apart."""
    apart = unicodedata.normalize("NFD", text)
    is_mark = (unicodedata.combining(character) > 0 for character in apart)
    return max((len(list(run)) for mark, run in groupby(is_mark) if mark), default=0)


@settings(deadline=None)  # a busy machine is no failure
@given(texts)
@example(WITH_A_MARK + ABOVE * 40)
@example("a" + (ABOVE + BELOW) * 15_000)
@example(MARKS_IN_DISGUISE * 5_000)
@example("\U0001f600" * 100)
def test_whatever_comes_in_what_comes_out_can_be_stored_and_is_bounded(text: str) -> None:
    cleaned = clean_text(text)

    assert clean_text(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert msgspec.json.decode(msgspec.json.encode(cleaned)) == cleaned  # no lone surrogates
    assert {c for c in cleaned if unicodedata.category(c) == "Cc"} <= set("\t\n\r")
    assert cleaned == cleaned.strip()
    # A base character has up to three marks of its own.
    assert longest_run_of_marks(cleaned) <= MARKS_MAX + 3
    assert len(cleaned) <= 3 * len(text)


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Mn", "Mc", "Me"])))
def test_a_text_without_marks_and_controls_loses_nothing(text: str) -> None:
    assert unicodedata.normalize("NFC", text).strip().startswith(clean_text(text)[:1])
    assert clean_text(f"<{text}>") == unicodedata.normalize("NFC", f"<{text}>")


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Ann\x01 \x1bLee\x7f", "Ann Lee"),
        ("Jos\u00e9\x85\x9f", "José"),
        ("one\r\n\ttwo\x0b", "one\r\n\ttwo"),
        ("A\0da", "Ada"),
        ("\ud800x", "\ufffdx"),
        ("e\u0301", "é"),
        ("a" + ABOVE * 40, "á" + ABOVE * 29),
        ("\u202a+1 555\u202c", "+1 555"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("—" * 100, "—" * 100),
    ],
)
def test_noise_is_stripped_and_meaning_stays(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@pytest.mark.parametrize(
    ("text", "line"), [("Ann\r\n Lee", "Ann Lee"), ("Ann\u00a0Lee", "Ann Lee"), ("a  b", "a  b")]
)
def test_a_field_is_one_line(text: str, line: str) -> None:
    assert one_line(text) == line
