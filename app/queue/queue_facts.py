"""What of the queue tells whether a lead may be lost or stuck."""

from __future__ import annotations

import redis

from app.domain.loss import QueueFacts
from app.queue.durability import find_volatility
from app.queue.figures import depth_of
from app.queue.jobs import CAPTURES


class QueueLook:
    """Looks at the queue of captures, in constant time."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def facts(self) -> QueueFacts | None:
        """What is known; None while Redis is away."""
        try:
            depth = depth_of(self._client, CAPTURES)
            volatile = find_volatility(self._client)
        except redis.RedisError:
            return None
        return QueueFacts(volatile, depth.unfinished, depth.dead_letters)
