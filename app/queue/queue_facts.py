"""What of the queue tells whether a lead may be lost or stuck."""

from __future__ import annotations

from collections.abc import Sequence

import redis

from app.domain.system.loss import QueueFacts
from app.queue.durability import find_volatility
from app.queue.figures import depth_in
from app.queue.jobs import CAPTURES
from app.queue.stream_clients import StreamClient, servers_of


class QueueLook:
    """Looks at the queue of captures, in constant time."""

    def __init__(self, streams: Sequence[StreamClient]) -> None:
        self._streams = streams

    def facts(self) -> QueueFacts | None:
        """What is known; None while Redis, or one shard, is away."""
        try:
            depth = depth_in(self._streams, CAPTURES)
            found = [find_volatility(client) for client, _ in servers_of(self._streams)]
        except redis.RedisError:
            return None
        volatile = next(filter(None, found), None)
        return QueueFacts(volatile, depth.unfinished, depth.dead_letters)
