"""As much of an answer as is ever wanted, read from a connection."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from time import monotonic

from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from app.domain.attempt import ErrorClass
from workers.sending.budget import AttemptStopped, Budget, Phase
from workers.sending.connection import Connection
from workers.sending.response import Response

#: Bytes of a body that are read; a longer one costs the connection.
BODY_BYTES_MAX = 64 * 1024
#: Bytes on the wire for these, chunk framing included.
BODY_WIRE_BYTES_MAX = 2 * BODY_BYTES_MAX
#: Reads for these: a body in one-byte chunks costs processor time that its size does not show.
BODY_READS_MAX = 1000
#: Seconds for these: only the head decides, so a body must not hold the receiver's slot for long.
BODY_SECONDS_MAX = 2.0
#: Bytes of a body that are kept, decompressed.
PREFIX_BYTES_MAX = 4 * 1024

HEADERS_MAX = 50
HEADERS_CHARS_MAX = 8 * 1024
HEADER_NAME_CHARS_MAX = 100
HEADER_VALUE_CHARS_MAX = 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered, within the bounds above."""

    status: int
    headers: tuple[tuple[str, str], ...]
    retry_after: str | None
    body_prefix: bytes
    #: The body was read to its end: what follows on the connection would be the next answer.
    whole: bool


def receive_answer(connection: Connection, budget: Budget) -> Answer:
    """Read an answer within the budget; raises AttemptStopped, OSError, HTTPException."""
    budget.phase = Phase.WAIT
    response = connection.getresponse()
    if response.status < 200:
        raise AttemptStopped(
            ErrorClass.INVALID_RESPONSE, f"the receiver switched protocols ({response.status})"
        )
    budget.phase = Phase.READ
    budget.receivable_bytes = BODY_WIRE_BYTES_MAX
    budget.ends_at = min(budget.ends_at, monotonic() + BODY_SECONDS_MAX)
    body = bytearray()
    with closing(response):
        whole = _read_body(response, body)
    retry_after = response.headers.get("retry-after")
    return Answer(
        status=response.status,
        headers=_bounded(response.headers.items()),
        retry_after=_printable(retry_after, HEADER_NAME_CHARS_MAX) if retry_after else None,
        body_prefix=_prefix(bytes(body), response.headers.get("content-encoding")),
        whole=whole,
    )


def _read_body(response: Response, body: bytearray) -> bool:
    """Fill `body` up to its bound, still compressed; says whether that was all of it.

    Whatever goes wrong ends the reading and no more, lateness included: the receiver has said
    what it made of the request, and nothing is done with the body but show it.
    """
    try:
        for _ in range(BODY_READS_MAX):
            piece = b"" if response.length == 0 else response.read1(BODY_BYTES_MAX - len(body))
            body += piece
            if response.length == 0 or (response.isclosed() and response.length is None):
                return True
            if not piece or len(body) >= BODY_BYTES_MAX:
                break
    except Exception:
        return False
    return False


def _prefix(body: bytes, encoding: str | None) -> bytes:
    """The beginning of a body; decompresses no more of it than is kept."""
    if encoding:
        packed = HTTPResponse(
            io.BytesIO(body), {"content-encoding": encoding}, preload_content=False
        )
        try:
            return packed.read(PREFIX_BYTES_MAX)
        except HTTPError:
            pass  # it is shown as it came
    return body[:PREFIX_BYTES_MAX]


def _bounded(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    kept: list[tuple[str, str]] = []
    chars = 0
    for name, value in headers:
        pair = _printable(name, HEADER_NAME_CHARS_MAX), _printable(value, HEADER_VALUE_CHARS_MAX)
        chars += len(pair[0]) + len(pair[1])
        if len(kept) == HEADERS_MAX or chars > HEADERS_CHARS_MAX:
            break
        kept.append(pair)
    return tuple(kept)


def _printable(text: str, chars_max: int) -> str:
    text = text[:chars_max]
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)
