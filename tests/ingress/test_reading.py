from __future__ import annotations

from typing import cast

import pytest

from app.domain.errors import InvalidCapture, InvalidJson, UnsupportedMediaType
from app.ingress.reading import decode_body

JSON = b'{"email": "ann@example.com"}'
FORM = b"email=ann%40example.com"
FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART_TYPE = "multipart/form-data; boundary=B"
MULTIPART = (
    b'--B\r\nContent-Disposition: form-data; name="email"\r\n\r\nann@example.com\r\n--B--\r\n'
)


@pytest.mark.parametrize(
    ("content_type", "body", "is_form"),
    [
        (FORM_TYPE, JSON, False),
        (FORM_TYPE + "; charset=UTF-8", b"\n " + JSON, False),
        ("application/json", JSON, False),
        ("Application/JSON; Charset=UTF-8", JSON, False),
        ("application/json; charset=utf8", JSON, False),
        ("application/json; charset=iso-8859-1", JSON, False),
        ("application/ld+json", JSON, False),
        ("text/json", JSON, False),
        ("text/plain;charset=UTF-8", JSON, False),
        ("", JSON, False),
        ("", b"\xef\xbb\xbf\n" + JSON, False),
        ("", FORM, True),
        (FORM_TYPE, FORM, True),
        (FORM_TYPE + "; charset=UTF-8", FORM, True),
        (FORM_TYPE, b"email=ann@example.com&", True),
        (MULTIPART_TYPE, MULTIPART, True),
        ('multipart/form-data; charset=utf-8; boundary="B"', MULTIPART, True),
        (MULTIPART_TYPE, b"\r\n" + MULTIPART + b"epilogue", True),
    ],
)
def test_each_encoding_is_read(content_type: str, body: bytes, is_form: bool) -> None:
    received = decode_body(body, content_type)

    assert bool(received.typed) is is_form
    assert received.submission().email == "ann@example.com"


@pytest.mark.parametrize(
    ("content_type", "content_encoding"),
    [
        ("application/xml", ""),
        ("text/html", ""),
        ("garbage", ""),
        ("application/json", "gzip"),
        (FORM_TYPE, "br"),
    ],
)
def test_other_media_types_are_refused(content_type: str, content_encoding: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        decode_body(JSON, content_type, content_encoding)


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("application/json", FORM, "not valid JSON"),
        ("text/plain", b"hello", "not valid JSON"),
        ("application/json; charset=windows-1252", b'{"email": "\x81"}', "not windows-1252"),
        ("multipart/form-data", MULTIPART, "no boundary"),
        (MULTIPART_TYPE, b"", "not whole"),
        (MULTIPART_TYPE, MULTIPART[:40], "not whole"),
        (MULTIPART_TYPE, MULTIPART[:-6], "not whole"),
        (MULTIPART_TYPE, b"no boundary at all", "not whole|not valid"),
        (MULTIPART_TYPE, b"--B\r\n\x00: x\r\n\r\n--B--", "not valid"),
        ("multipart/form-data; boundary=" + "B" * 300, MULTIPART, "not valid"),
    ],
)
def test_a_broken_body_is_refused_with_the_reason(
    content_type: str, body: bytes, message: str
) -> None:
    with pytest.raises(InvalidJson, match=message):
        decode_body(body, content_type).submission()


def test_files_are_dropped_with_a_note_and_the_lead_is_kept() -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="email"\r\n\r\nann@example.com\r\n'
        b'--B\r\nContent-Disposition: form-data; name="cv"; filename="cv.pdf"\r\n\r\n%PDF\r\n'
        b'--B\r\nContent-Disposition: form-data; name="photo"; filename=""\r\n\r\n\xff\r\n--B--\r\n'
    )

    submission = decode_body(body, MULTIPART_TYPE).submission()

    assert submission.email == "ann@example.com"
    assert submission.metadata == {
        "dropped_files": [
            {"field": "cv", "filename": "cv.pdf", "size_bytes": 4},
            {"field": "photo", "filename": "", "size_bytes": 1},
        ]
    }


def test_a_form_keeps_what_was_typed_beside_what_is_refused() -> None:
    received = decode_body(b"email=ann+at+home&note=%3Cb%3E&tag=a&tag=b", FORM_TYPE)

    with pytest.raises(InvalidCapture, match="email: has no @"):
        received.submission()
    assert received.typed == {"email": "ann at home", "note": "<b>", "tag": ["a", "b"]}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"a=1&" * 2000 + b"email=Ann+%3Ca%40b.co%3E&c=1", FORM_TYPE),
        (b"a=1&" * 2000 + b"c=1&email=a@b.co", FORM_TYPE),
        (b"a=1\r\n" * 1500 + b"email=a@b.co\r\nc=1", "text/plain"),
        (b"a\r\n" * 9000 + b"email=a@b.co\r\nc=1", "text/plain"),
    ],
)
def test_of_more_fields_than_are_read_those_with_an_address_are(
    body: bytes, content_type: str
) -> None:
    submission = decode_body(body, content_type).submission()

    assert submission.email == "a@b.co"
    assert cast(int, submission.metadata["dropped_parts"]) > 800


def test_a_form_full_of_lone_percent_signs_is_read_as_it_is() -> None:
    body = b"email=a@b.co&note=" + b"%" * 2000

    assert decode_body(body, FORM_TYPE).submission().metadata == {"note": "%" * 2000}
