"""What a request says that its body is: the encoding of the form and of its text."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from python_multipart.multipart import parse_options_header

from app.domain.errors import UnsupportedMediaType
from app.ingress.charsets import UNKNOWN, UTF_8, charset_of

_SEND = (
    "send application/json, text/plain with JSON, application/x-www-form-urlencoded"
    " or multipart/form-data"
)


class Encoding(Enum):
    """How a body is written."""

    JSON = "application/json"
    URLENCODED = "application/x-www-form-urlencoded"
    MULTIPART = "multipart/form-data"
    TEXT = "text/plain"


_ENCODINGS = {
    "": Encoding.URLENCODED,
    **{encoding.value: encoding for encoding in Encoding},
    "text/json": Encoding.JSON,
}
_OBJECT = re.compile(rb'(?:\xef\xbb\xbf)?\s*+(?:\{|\[\s*+[\[{"])')
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*+["{\[]')


class MediaType(NamedTuple):
    """How a body is written, the charset of its text, and what parts its parts."""

    encoding: Encoding
    charset: str = UTF_8
    boundary: bytes = b""


def read_media_type(content_type: str, content_encoding: str, body: bytes) -> MediaType:
    """The media type by these headers ("" where absent). Raises `UnsupportedMediaType`.

    A body that does not say what it is is JSON when it looks like an object, otherwise a form. So
    is one that says it is a form: curl says so of whatever it is given, and no browser starts a
    form with a brace. Text is JSON when it begins as such, and a form when it has an equals sign.
    """
    if content_encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType(
            f"Content-Encoding {content_encoding[:40]!r} is not taken: send the body uncompressed"
        )
    declared = _declared(content_type)
    if declared.charset.startswith("utf-16"):
        declared = _utf_16_or_8(declared, body)
    if declared.encoding is Encoding.URLENCODED and _OBJECT.match(body):
        return declared._replace(encoding=Encoding.JSON)
    if declared.encoding is Encoding.TEXT and (_JSON.match(body) or b"=" not in body):
        return declared._replace(encoding=Encoding.JSON)
    return declared


@lru_cache(maxsize=128)
def _declared(content_type: str) -> MediaType:
    """What the header says by itself; a few values make up nearly all that is sent."""
    name, options = parse_options_header(content_type)
    return MediaType(
        _encoding(name.decode("latin-1")),
        _charset(options.get(b"charset", b"").decode("latin-1")),
        options.get(b"boundary", b"") if name == b"multipart/form-data" else b"",
    )


def boundary_of(content_type: str) -> bytes:
    """What parts the parts of a multipart form; nothing for any other body."""
    try:
        return _declared(content_type).boundary
    except UnsupportedMediaType:
        return b""


def _utf_16_or_8(declared: MediaType, body: bytes) -> MediaType:
    """In UTF-16 every second byte of a body's start is NUL; a form is in it by mistake only."""
    if declared.encoding in (Encoding.JSON, Encoding.TEXT) and b"\0" in body[:4]:
        return declared._replace(encoding=Encoding.JSON)
    return declared._replace(charset=UTF_8)


def _encoding(name: str) -> Encoding:
    if name.startswith("application/") and name.endswith("+json"):
        return Encoding.JSON
    if name not in _ENCODINGS:
        raise UnsupportedMediaType(f"Content-Type {name[:80]!r} is not taken: {_SEND}")
    return _ENCODINGS[name]


def _charset(label: str) -> str:
    return (charset_of(label) or UNKNOWN) if label else UTF_8
