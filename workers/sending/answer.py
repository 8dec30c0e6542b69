"""As much of an answer as is ever wanted, read from a connection."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import closing, suppress
from time import monotonic

from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from app.domain.delivery.attempt import AttemptResult, ErrorClass
from workers.sending.budget import AttemptStopped, Budget, Phase
from workers.sending.connection import Connection
from workers.sending.response import SWITCHING_PROTOCOLS, Response

#: Bytes of a body that are read; a longer one costs the connection.
BODY_BYTES_MAX = 64 * 1024
#: Bytes on the wire for these, chunk framing included.
BODY_WIRE_BYTES_MAX = 2 * BODY_BYTES_MAX
#: Reads for these: a body in one-byte chunks costs processor time that its size does not show.
BODY_READS_MAX = 1000
#: Seconds for these: only the head decides, so a body must not hold a slot for long.
BODY_SECONDS_MAX = 2.0
#: Bytes of a body that are kept, decompressed.
PREFIX_BYTES_MAX = 4 * 1024

HEADERS_MAX = 50
HEADERS_CHARS_MAX = 8 * 1024
HEADER_NAME_CHARS_MAX = 100
HEADER_VALUE_CHARS_MAX = 1024


def receive_answer(connection: Connection, budget: Budget) -> tuple[AttemptResult, bool]:
    """Read an answer within the budget; raises AttemptStopped, OSError, HTTPException.

    True beside it: it was read to its end, and the connection can serve another request.
    """
    budget.phase = Phase.WAIT
    response = connection.getresponse()
    if response.status == SWITCHING_PROTOCOLS:
        raise AttemptStopped(ErrorClass.INVALID_RESPONSE, "the receiver switched protocols (101)")
    budget.phase = Phase.READ
    budget.receivable_bytes = BODY_WIRE_BYTES_MAX
    budget.ends_at = min(budget.ends_at, monotonic() + BODY_SECONDS_MAX)
    body = bytearray()
    whole = False
    # The receiver has said what it made of the request, and nothing is done with the body but
    # show it: whatever goes wrong now, lateness included, ends the reading and no more.
    with closing(response), suppress(Exception):
        whole = _read_body(response, body)
    retry_after = response.headers.get("retry-after")
    result = AttemptResult(
        status=response.status,
        retry_after=_printable(retry_after, HEADER_NAME_CHARS_MAX) if retry_after else None,
        address=budget.address,
        headers=_bounded(response.headers.items()),
        body_prefix=_prefix(bytes(body), response.headers.get("content-encoding")),
        waited_seconds=budget.waited_seconds,
        timings=budget.timings(),
    )
    return result, whole and not connection.is_closed


def _read_body(response: Response, body: bytearray) -> bool:
    """Fill `body` up to its bound, still compressed; says whether that was all of it."""
    for _ in range(BODY_READS_MAX):
        if response.length == 0 or response.isclosed():
            return True
        piece = response.read1(BODY_BYTES_MAX - len(body))
        body += piece
        if len(body) >= BODY_BYTES_MAX or (not piece and response.length):
            break
    return False


def _prefix(body: bytes, encoding: str | None) -> bytes:
    """The beginning of a body; decompresses no more of it than is kept."""
    if encoding:
        headers = {"content-encoding": encoding}
        with suppress(HTTPError):  # then it is shown as it came
            packed = HTTPResponse(io.BytesIO(body), headers, preload_content=False)
            return packed.read(PREFIX_BYTES_MAX)
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
