"""Which stream a capture goes to, where captures are spread over several."""

from __future__ import annotations

import zlib


def stream_order(name: str, streams: int) -> tuple[int, ...]:
    """The numbers of all streams, in the order in which they are tried for what has this name.

    The same name always has the same order. Names that share their first choice differ in the
    second, so the captures of a shard that is away spread over all others.
    """
    number = zlib.crc32(name.encode())
    first = number % streams
    others = [*range(first + 1, streams), *range(first)]
    turn = number // streams % len(others) if others else 0
    return (first, *others[turn:], *others[:turn])
