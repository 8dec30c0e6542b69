"""What strangers post: work bounded, texts cleaned, and whatever is kept can be stored."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import RexError
from app.http.body import BODY_BYTES_MAX
from app.ingress.reading import decode_body
from tests.ingress.conftest import Site

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MARKS = "\u0301\u0316"
#: Calls of functions, in Python or C, that the largest body may cost: its share is 5 ms.
CALLS_MAX = 60_000

EVERYWHERE = ["email", "first_name", "note", "metadata"]
pieces = st.text(st.characters(), min_size=1, max_size=3) | st.sampled_from(
    [
        *MARKS,
        MARKS,
        "a" + MARKS * 15,
        "\u0f73",
        "{}",
        "[],",
        "0,",
        "a@b.co",
        '"a",',
        "=&",
        "%41",
        "a=",
    ]
)
shapes = st.sampled_from(
    [
        lambda text: {"email": text},
        lambda text: {"email": "ann@example.com", "note": text},
        lambda text: {"email": "ann@example.com", text[:900]: text[:9000]},
        lambda text: {"email": "a@b.co", "metadata": {text[i : i + 9]: i for i in range(3000)}},
        lambda text: {"email": "ann@example.com", "note": [text[i : i + 4] for i in range(9000)]},
        lambda text: [{"label": text[i : i + 9], "value": "a@b.co"} for i in range(900)],
    ]
)


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called, in Python and in C: a measure that no busy machine changes."""
    counted = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


def read(body: bytes, content_type: str) -> None:
    with suppress(RexError):
        decode_body(body, content_type).submission()


@settings(deadline=None, max_examples=60)
@given(pieces, shapes, st.sampled_from([JSON, FORM, "text/plain"]))
def test_no_body_costs_more_than_its_share(
    piece: str, shape: Callable[[str], object], content_type: str
) -> None:
    text = piece * (30_000 // len(piece))
    body = json.dumps(shape(text)).encode()[:BODY_BYTES_MAX]
    raw = text.encode(errors="replace")[:BODY_BYTES_MAX]

    assert calls_of(lambda: read(body, content_type)) < CALLS_MAX
    assert calls_of(lambda: read(raw, content_type)) < CALLS_MAX


@pytest.mark.parametrize("field", EVERYWHERE)
def test_long_runs_of_marks_are_cut_wherever_they_are(field: str) -> None:
    marks = "a" + MARKS * 1_200
    sent: dict[str, Any] = {"email": "ann@example.com", marks: 1, field: marks}
    body = json.dumps(sent, ensure_ascii=False).encode()

    assert calls_of(lambda: read(body, JSON)) < 2_000
    if field == "note":
        metadata = decode_body(body, JSON).submission().metadata
        assert {len(name) for name in metadata} <= {4, 30}
        assert len(str(metadata["note"])) <= 31


def test_what_is_kept_of_a_refused_address_can_be_stored(site: Site) -> None:
    for email in ("ada@example.com\0", "ada\ud800@example.com", "a\x01da@@example.com", "\0"):
        reply = site(json.dumps({"email": email, "first_name": "A\x1bda"}).encode())
        assert (reply.status, list(reply.json["error"]["fields"])) == (422, ["email"])

    kept = site.queued()

    assert [capture["email"] for capture in kept] == [
        "ada@example.com",
        "ada\ufffd@example.com",
        "ada@@example.com",
    ]
    assert {capture["first_name"] for capture in kept} == {"Ada"}
    assert all(capture["rejected"] for capture in kept)


def test_control_characters_stay_nowhere(site: Site) -> None:
    lead = {
        "email": "ada@example.com",
        "first_name": "A\x01d\x7fa",
        "no\x1bte": "x\x80y\nz",
        "m": {"\x02k": "\x9f"},
    }

    assert site(lead, user_agent="a\x7fb", referer="https://a.example/\x01").status == 202
    (capture,) = site.queued()

    assert capture["first_name"] == "Ada"
    assert capture["metadata"] == {"note": "xy\nz", "m": {"k": ""}}
    assert (capture["user_agent"], capture["referrer"]) == ("ab", "https://a.example/")


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "JavaScript:x", "java\nscript:x", "data:text/html,x", "vbscript:x"],
)
def test_a_link_that_is_no_page_is_kept_beside(site: Site, link: str) -> None:
    assert site({"email": "ada@example.com", "linkedin_url": link}).status == 202
    (capture,) = site.queued()

    assert "linkedin_url" not in {name for name in capture if capture[name]}
    assert capture["metadata"] == {"linkedin_url": link}


@pytest.mark.parametrize("link", ["https://linkedin.com/in/ada", "linkedin.com/in/ada", "in/ada"])
def test_a_link_to_a_page_stays(site: Site, link: str) -> None:
    assert site({"email": "ada@example.com", "linkedin_url": link}).status == 202

    assert site.queued()[0]["linkedin_url"] == link
