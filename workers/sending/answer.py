"""As much of an answer as is ever wanted, read from a connection."""

import zlib
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from enum import Enum, auto

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
#: Bytes of a body that are kept, decompressed.
PREFIX_BYTES_MAX = 4 * 1024

HEADERS_MAX = 50
HEADERS_CHARS_MAX = 8 * 1024
HEADER_NAME_CHARS_MAX = 100
HEADER_VALUE_CHARS_MAX = 1024


class End(Enum):
    """How the reading of a body came to its end."""

    WHOLE = auto()  # and what follows on the connection would be the next answer
    CUT = auto()  # too long or flawed, which does not matter
    LATE = auto()  # no time left


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered, within the bounds above."""

    status: int
    headers: tuple[tuple[str, str], ...]
    retry_after: str | None
    body_prefix: bytes
    end: End


def receive_answer(connection: Connection, budget: Budget) -> Answer:
    """Read an answer within the budget; raises AttemptStopped, OSError, HTTPException."""
    budget.phase = Phase.WAIT
    response = connection.getresponse()
    if response.status < 200:
        # http.client takes 101 to 199 for the final answer, which would be the next one's.
        raise AttemptStopped(
            ErrorClass.INVALID_RESPONSE, f"an interim answer ({response.status}) and no final one"
        )
    budget.phase = Phase.READ
    budget.receivable_bytes = BODY_WIRE_BYTES_MAX
    body = bytearray()
    with closing(response):
        end = _read_body(response, body)
    retry_after = response.headers.get("retry-after")
    return Answer(
        status=response.status,
        headers=_bounded(response.headers.items()),
        retry_after=_printable(retry_after, HEADER_NAME_CHARS_MAX) if retry_after else None,
        body_prefix=_prefix(body, response.headers.get("content-encoding")),
        end=end,
    )


def _read_body(response: Response, body: bytearray) -> End:
    """Fill `body` up to its bound, still compressed.

    Whatever goes wrong but lateness ends the reading and no more: the receiver has said what it
    made of the request, and nothing is done with the body but show it.
    """
    try:
        for _ in range(BODY_READS_MAX):
            piece = b"" if response.length == 0 else response.read1(BODY_BYTES_MAX - len(body))
            body += piece
            if response.length == 0 or (response.isclosed() and response.length is None):
                return End.WHOLE
            if not piece or len(body) >= BODY_BYTES_MAX:
                break
    except TimeoutError:
        return End.LATE
    except Exception:
        return End.CUT
    return End.CUT


def _prefix(body: bytearray, encoding: str | None) -> bytes:
    """Give the beginning of a body; decompresses no more of it than is kept."""
    for window_bits in _WINDOW_BITS.get((encoding or "").strip().lower(), ()):
        try:
            return zlib.decompressobj(window_bits).decompress(body, PREFIX_BYTES_MAX)
        except zlib.error:
            continue
    return bytes(body[:PREFIX_BYTES_MAX])


#: Content coding to zlib's names for its formats, in the order to try. We ask for none of them.
_WINDOW_BITS = {
    "gzip": (31,),
    "x-gzip": (31,),
    # "deflate" is meant to have a zlib header; some send it without.
    "deflate": (15, -15),
}


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
