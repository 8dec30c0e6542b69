"""Whatever bytes come in whatever encoding: a submission or a documented error, and soon."""

from __future__ import annotations

import json
import time
from urllib.parse import quote_plus

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import Invalid, InvalidJson, PayloadTooLarge, UnsupportedMediaType
from app.domain.submission.submission import Submission
from app.http.body import BODY_BYTES_MAX
from app.ingress.reading import decode_body

DOCUMENTED = (InvalidJson, Invalid, UnsupportedMediaType, PayloadTooLarge)
JSON, PLAIN = "application/json", "text/plain;charset=UTF-8"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"
#: Far more than any body needs here; a quadratic step would need minutes.
SECONDS_MAX = 2.0

content_types = st.sampled_from([JSON, PLAIN, FORM, MULTIPART, ""]) | st.text(
    st.characters(max_codepoint=255), max_size=40
)
fragments = st.sampled_from(
    [
        *(b"email", b"=", b"&", b"ann@example.com", b"%00", b"%ED%A0%80", b"%E9", b"metadata[a]"),
        *(b'{"email":', b'"a@b.co"', b"}", b"{", b"[", b"]", b",", b":", b"NaN", b"1e999"),
        *(b'"\\ud800"', b'"\\u0000"', b"\x00", b"\xff", b"\xef\xbb\xbf"),
        *(b"--B", b"--B--", b"\r\n", b"\r\n\r\n", b'; filename="x"'),
        b'Content-Disposition: form-data; name="email"',
    ]
)
bodies = st.binary(max_size=300) | st.lists(fragments, max_size=25).map(b"".join)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
fields = st.lists(
    st.tuples(st.sampled_from(["email", "name", "note", "metadata[a]", "contact.email"]) | texts,
              st.sampled_from(["ann@example.com", "Ann Lee", ""]) | texts),
    max_size=6,
)  # fmt: skip


def outcome(body: bytes, content_type: str) -> Submission | str:
    """The submission, or the code of a documented error; anything else fails the test."""
    started = time.thread_time()
    try:
        submission = decode_body(body, content_type).submission()
    except DOCUMENTED as error:
        msgspec.json.encode([error.message, getattr(error, "fields", {})])
        return error.code
    finally:
        assert time.thread_time() - started < SECONDS_MAX
    msgspec.json.encode(submission)
    return submission


@settings(deadline=None)  # a busy machine is no failure
@given(bodies, content_types)
def test_any_bytes_are_a_submission_or_a_documented_error(body: bytes, content_type: str) -> None:
    outcome(body, content_type)


@settings(deadline=None)
@given(fields)
def test_a_form_means_the_same_in_every_encoding(fields: list[tuple[str, str]]) -> None:
    as_json = dict(fields)
    pairs = list(as_json.items())
    urlencoded = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)

    by_json = outcome(json.dumps(as_json).encode(), JSON)

    assert outcome(json.dumps(as_json).encode(), PLAIN) == by_json
    assert outcome(urlencoded.encode(), FORM) == by_json
    if not any(set(name) & set('"\r\n\\') for name, _ in pairs):
        assert outcome(as_multipart(pairs), MULTIPART) == by_json


def as_multipart(pairs: list[tuple[str, str]]) -> bytes:
    parts = (
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in pairs
    )
    return ("".join(parts) + "--B--\r\n").encode()


def filled(start: bytes, piece: bytes, end: bytes) -> bytes:
    return start + piece * ((BODY_BYTES_MAX - len(start) - len(end)) // len(piece)) + end


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b"[" * BODY_BYTES_MAX),
        (JSON, filled(b'{"a":[', b"{},", b"0]}")),
        (JSON, filled(b'{"a":[', b'{"name":"email","value":"x"},', b"0]}")),
        (JSON, filled(b'{"email":"', b"a.", b'@b.co"}')),
        (JSON, filled(b'{"email":"a@', "ü.".encode(), b'"}')),
        (JSON, filled(b'{"email":"x', b" ", b'x@b.co"}')),
        (JSON, filled(b'{"email":"', "\u3000é".encode(), b'"}')),
        (JSON, filled(b'{"email":"', b"<", b'"}')),
        (JSON, filled(b'{"', b"a.", b'":1}')),
        (JSON, filled(b'{"a":"', b'{\\"a\\":', b'"}')),
        (JSON, b'{"n":' + b"9" * 60_000 + b"}"),
        (JSON, filled(b'{"referrer":"', b"a.", b'","email":"a@b.co"}')),
        (FORM, filled(b"", b"a=&", b"")),
        (FORM, filled(b"", b"%", b"")),
        (FORM, filled(b"email=a%40b.co&", b"t=1&", b"")),
        (MULTIPART, filled(b"", b"--B\r\n", b"--B--")),
        (MULTIPART, filled(b"--B\r\n", b"a: b\r\n", b"\r\n\r\n--B--")),
        (
            MULTIPART,
            filled(b'--B\r\nContent-Disposition: form-data; name="', b"\\", b'"\r\n\r\n--B--'),
        ),
        (MULTIPART, filled(b"--B\r\n\r\n", b"\r\n--", b"--B--")),
    ],
)
def test_the_largest_odd_bodies_are_answered_soon(content_type: str, body: bytes) -> None:
    outcome(body, content_type)
