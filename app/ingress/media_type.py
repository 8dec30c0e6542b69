"""What a request says that its body is: the encoding of the form and of its text."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from python_multipart.multipart import parse_options_header

from app.domain.errors import UnsupportedMediaType

_SEND = (
    "send application/json, text/plain with JSON, application/x-www-form-urlencoded"
    " or multipart/form-data"
)
# As browsers do, latin-1 is read as windows-1252, which has more of what people type.
_CODECS = {
    "": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "iso-8859-15": "iso-8859-15",
}


class Encoding(Enum):
    """How a body is written."""

    JSON = "application/json"
    URLENCODED = "application/x-www-form-urlencoded"
    MULTIPART = "multipart/form-data"


_ENCODINGS = {
    "": Encoding.URLENCODED,
    **{encoding.value: encoding for encoding in Encoding},
    "text/plain": Encoding.JSON,
    "text/json": Encoding.JSON,
}


class MediaType(NamedTuple):
    """How a body is written, the codec of its text, and what parts its parts."""

    encoding: Encoding
    codec: str = "utf-8"
    boundary: bytes = b""


def read_media_type(content_type: str, content_encoding: str, body: bytes) -> MediaType:
    """The media type by these headers ("" where absent). Raises `UnsupportedMediaType`.

    A body that does not say what it is is JSON when it looks like an object, otherwise a form. So
    is one that says it is a form: curl says so of whatever it is given, and no browser starts a
    form with a brace.
    """
    if content_encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType(
            f"Content-Encoding {content_encoding[:40]!r} is not taken: send the body uncompressed"
        )
    declared = _declared(content_type)
    if declared.encoding is Encoding.URLENCODED and _looks_like_object(body):
        return declared._replace(encoding=Encoding.JSON)
    return declared


@lru_cache(maxsize=128)
def _declared(content_type: str) -> MediaType:
    """What the header says by itself; a few values make up nearly all that is sent."""
    name, options = parse_options_header(content_type)
    return MediaType(
        _encoding(name.decode("latin-1")),
        _codec(options.get(b"charset", b"").decode("latin-1")),
        options.get(b"boundary", b""),
    )


def _looks_like_object(body: bytes) -> bool:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def _encoding(name: str) -> Encoding:
    if name.startswith("application/") and name.endswith("+json"):
        return Encoding.JSON
    if name not in _ENCODINGS:
        raise UnsupportedMediaType(f"Content-Type {name[:80]!r} is not taken: {_SEND}")
    return _ENCODINGS[name]


def _codec(charset: str) -> str:
    codec = _CODECS.get(charset.strip(" '\"").lower())
    if codec is None:
        raise UnsupportedMediaType(f"charset {charset[:40]!r} is not taken: send UTF-8")
    return codec
