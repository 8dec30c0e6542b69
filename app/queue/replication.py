"""Waits until replicas have what a command wrote, in the command's own round trip.

A replica with `appendfsync always` acknowledges after its fsync: with 200 ms added to each fsync
WAIT took 200 ms, on Redis 7.0 and Valkey 9.1 alike. So WAITAOF would add nothing there, and where
replicas fsync every second each capture would wait for that second.

WAIT proves that replicas have it, not that one of them will be promoted: docs/high-availability.md
says which setups see to that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain.errors import QueueUnavailable

#: How long replicas may take; less than what a caller has left for the fallback.
WAIT_MS = 300


class Unconfirmed(QueueUnavailable):
    """Fewer replicas than REDIS_REPLICAS_REQUIRED acknowledge in time."""


async def write_and_wait(
    client: Any, write: Callable[[Any], object], replicas: int
) -> tuple[Any, bool]:
    """The reply to the one command that `write` puts into a pipeline; whether replicas have it.

    Raises what the command raises. Whatever else is wrong means that they don't.
    """
    async with client.pipeline(transaction=False) as pipe:
        write(pipe)
        pipe.wait(replicas, WAIT_MS)
        reply, acknowledged = await pipe.execute(raise_on_error=False)
    if isinstance(reply, Exception):
        raise reply
    return reply, isinstance(acknowledged, int) and acknowledged >= replicas
