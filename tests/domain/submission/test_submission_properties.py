"""Properties that hold for whatever anybody sends."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.contact_fields import LEAD_LENGTHS_MAX
from app.domain.errors import InvalidCapture, InvalidJson
from app.domain.submission.fast_path import read_fast_path
from app.domain.submission.json_object import read_object
from app.domain.submission.metadata import BYTES_MAX, KEYS_MAX
from app.domain.submission.submission import Submission, parse_fields, parse_json

NAMES = [
    *LEAD_LENGTHS_MAX,
    *("email", "source", "metadata", "name", "Email", "fname", "contact", "data", "fields"),
    *("contact[email]", "user.name", "metadata[a]", "metadata.a", "type", "value", "label"),
    *("_gotcha", "_hp", "_fill_ms", "_redirect", "utm_medium", "referrer", "gclid", "a", "a_2"),
]
ADDRESSES = ["ann@example.com", " Ann@Example.com", "Ann <a@b.co>", "ü@ü.de", "ann", "", "a@b"]
TEXTS = ["paid", "Podcast", "Ann Lee", '{"email": "a@b.co"}', '{"a": NaN}', "x" * 501, " "]
names = st.sampled_from(NAMES) | st.text(max_size=8)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from([*ADDRESSES, *TEXTS]),
    st.text(st.characters(), max_size=12),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)
objects = st.dictionaries(names, values, max_size=8)
plain_objects = st.fixed_dictionaries(
    {"email": st.sampled_from(ADDRESSES)},
    optional={
        **dict.fromkeys(
            [*LEAD_LENGTHS_MAX, "source"], st.sampled_from(TEXTS) | st.text(max_size=9)
        ),
        "metadata": st.dictionaries(names, scalars, max_size=5),
        "_fill_ms": st.integers(-5, 2**33),
        "_hp": st.sampled_from(["", "x"]),
    },
)
FORBIDDEN = re.compile("[\0\ud800-\udfff]")


#: Texts that can be told apart, under names of every kind but those of control fields.
tokens = st.integers(0, 10**6).map(lambda number: f"w{number}w")
kept_names = st.sampled_from([name for name in NAMES if not name.startswith("_")])
token_objects = st.dictionaries(
    kept_names,
    st.recursive(
        tokens | st.sampled_from(["ann@example.com", "Ann w0w <ann@example.com>"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(kept_names, inner, max_size=3),
        max_leaves=15,
    ),
    max_size=8,
)


def outcome(parse: Any, *given: Any) -> Submission | dict[str, str]:
    """The submission, or the problems; anything else is a failure of the test."""
    try:
        submission: Submission = parse(*given)
    except InvalidCapture as error:
        fields = error.fields
    else:
        return submission
    assert fields
    assert not FORBIDDEN.search("".join([*fields, *fields.values()]))
    return fields


@settings(deadline=None)  # a busy machine is no failure
@given(objects)
def test_any_fields_are_taken_or_refused_by_field(fields: dict[str, Any]) -> None:
    submission = outcome(parse_fields, fields)

    if isinstance(submission, Submission):
        text = msgspec.json.encode(submission).decode()
        assert not FORBIDDEN.search(json.dumps(json.loads(text), ensure_ascii=False))
        assert "\\u0000" not in text.replace("\\\\", "")
        assert len(submission.metadata) <= KEYS_MAX
        assert len(msgspec.json.encode(submission.metadata)) <= BYTES_MAX
        for field, most in LEAD_LENGTHS_MAX.items():
            value = getattr(submission, field)
            assert value is None or 0 < len(value) <= most


@settings(deadline=None)
@given(objects)
def test_a_submission_is_its_own_clean_form(fields: dict[str, Any]) -> None:
    submission = outcome(parse_fields, fields)

    if isinstance(submission, Submission):
        again = msgspec.to_builtins(submission)
        del again["controls"]
        expected = msgspec.structs.replace(submission, controls=parse_fields(again).controls)
        assert parse_fields(again) == expected
        assert parse_json(msgspec.json.encode(again)) == expected


@settings(deadline=None)
@given(token_objects)
def test_no_text_is_lost(fields: dict[str, Any]) -> None:
    submission = outcome(parse_fields, fields)

    if isinstance(submission, Submission):
        kept = msgspec.json.encode(submission).decode()
        assert set(re.findall(r"w\d+w", json.dumps(fields))) <= set(re.findall(r"w\d+w", kept))


@settings(deadline=None)
@given(plain_objects | objects, st.booleans())
def test_the_short_cut_gives_what_the_long_way_gives(fields: dict[str, Any], escape: bool) -> None:
    body = json.dumps(fields, ensure_ascii=escape).encode(errors="surrogatepass")
    try:
        long_way = outcome(parse_fields, read_object(body))
    except InvalidJson:
        assert read_fast_path(body) is None
        return

    assert outcome(parse_json, body) == long_way


def test_the_short_cut_is_taken_by_a_typical_lead() -> None:
    body = '{"email": "Ann@example.com", "first_name": "Zoë", "metadata": {"utm_source": "x"}}'

    assert read_fast_path(body.encode()) is not None
