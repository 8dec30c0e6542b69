"""The parts of a multipart form (RFC 7578), whole in memory: the body is small by then.

Read with `bytes.split` at 2 µs for a part with nothing but a name; a parser that goes byte by byte
takes 16. A part with other headers takes 10 and more, so only so many of these are read; further
ones are dropped, and the rest of the form is kept.
"""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

from app.domain.errors import InvalidJson
from app.ingress.pieces import wanted_pieces

_CRLF = b"\r\n"
#: By RFC 2046.
_BOUNDARY_BYTES_MAX = 70
_HEADERS_MAX = 16
#: Bytes of heads with other headers that are read, each counted as so many more: some 150 files.
_HEADS_BYTES_MAX = 16 * 1024
_BYTES_A_HEAD = 40

# What nearly every part of a form begins with.
_PLAIN_HEAD = re.compile(
    rb'\r\nContent-Disposition: form-data; name="([^"\\\r\n]*)"\r\n\r\n', re.IGNORECASE
)
_HEADER_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PARAMETER = re.compile(rb';\s*([\w-]+\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', re.DOTALL)


class Part(NamedTuple):
    """One part: its name and value as bytes; `filename` is None unless it is a file.

    `size_bytes` is that of the value, or of the file whose contents were dropped on the way.
    `charset` is the part's own, as it declares it; "": it does not.
    """

    name: bytes
    value: bytes
    filename: bytes | None = None
    charset: str = ""
    size_bytes: int = 0


class Parts(NamedTuple):
    """What was read of a form, and how many parts were not."""

    read: list[Part]
    dropped: int


def read_parts(body: bytes, boundary: bytes, parts_max: int) -> Parts:
    """The parts of a body, and beyond `parts_max` those with an address.

    Raises `InvalidJson` when it is no multipart form or was cut off.
    """
    if not boundary:
        raise InvalidJson("The form's Content-Type has no boundary")
    if len(boundary) > _BOUNDARY_BYTES_MAX:
        raise _invalid("its boundary is too long")
    if _CRLF not in body:
        body = body.replace(b"\n", _CRLF)  # as programs write that were not told of line ends
    separator = b"\r\n--" + boundary
    _, *pieces = (_CRLF + body).split(separator, parts_max + 1)
    rest = pieces.pop() if len(pieces) > parts_max else b""
    for end, piece in enumerate([*pieces, rest]):
        if piece.startswith(b"--"):
            return _read_pieces(pieces[:end])
    rest, closing, _ = rest.partition(separator + b"--")
    if not closing:
        raise InvalidJson("The form is not whole: its closing boundary is missing")
    wanted, dropped = wanted_pieces(rest, separator)
    parts = _read_pieces(pieces + wanted)
    return Parts(parts.read, parts.dropped + dropped)


def _read_pieces(pieces: list[bytes]) -> Parts:
    parts: list[Part] = []
    dropped, bytes_left = 0, _HEADS_BYTES_MAX
    for piece in pieces:
        if plain := _PLAIN_HEAD.match(piece):
            parts.append(Part(plain[1], piece[plain.end() :]))
            continue
        bytes_left -= _BYTES_A_HEAD + piece.find(b"\r\n\r\n") + 1
        if bytes_left < 0:
            dropped += 1
        else:
            parts.append(_read_part(piece))
    return Parts(parts, dropped)


def _read_part(piece: bytes) -> Part:
    padding, line_end, rest = piece.partition(_CRLF)
    if padding.strip(b" \t"):
        raise _invalid("a boundary is followed by other text")
    head, blank_line, value = (_CRLF + rest).partition(b"\r\n\r\n")
    if not blank_line:
        # The line end before the boundary is that of the blank line when there is no value.
        head, value = (_CRLF + rest).removesuffix(_CRLF), b""
    if not line_end or not (blank_line or rest.endswith(_CRLF)):
        raise InvalidJson("The form is not whole: a part is cut off")
    headers = _read_headers(head)
    disposition = _parameters(headers.get(b"content-disposition", b""))
    told = headers.get(b"content-length", b"")[:9]
    return Part(
        disposition.get(b"name", b""),
        _decode(value, headers.get(b"content-transfer-encoding", b"")),
        disposition.get(b"filename", disposition.get(b"filename*")),
        _parameters(headers.get(b"content-type", b"")).get(b"charset", b"").decode("latin-1"),
        len(value) or (int(told) if told.isdigit() else 0),
    )


def _read_headers(head: bytes) -> dict[bytes, bytes]:
    # A line that begins with white space goes on with the one before.
    lines = re.sub(rb"\r\n[ \t]+", b" ", head).split(_CRLF)[1:]
    if len(lines) > _HEADERS_MAX:
        raise _invalid(f"a part has more than {_HEADERS_MAX} headers")
    headers = {}
    for line in filter(None, lines):
        name, colon, value = line.partition(b":")
        if not colon or not _HEADER_NAME.fullmatch(name):
            raise _invalid("a part has a line that is no header")
        headers[name.lower()] = value.strip()
    return headers


def _parameters(header: bytes) -> dict[bytes, bytes]:
    return {
        name.lower(): quoted.replace(b'\\"', b'"') or bare
        for name, quoted, bare in _PARAMETER.findall(header)
    }


def _decode(value: bytes, transfer_encoding: bytes) -> bytes:
    """The value without its Content-Transfer-Encoding; as it is when it is not in that."""
    try:
        match transfer_encoding.lower():
            case b"base64":
                return binascii.a2b_base64(value)
            case b"quoted-printable":
                return binascii.a2b_qp(value)
    except binascii.Error:
        pass
    return value


def _invalid(reason: str) -> InvalidJson:
    return InvalidJson(f"The form is not valid multipart: {reason}")
