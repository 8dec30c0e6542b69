"""What a broker has for each stream that its queues are spread over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from dramatiq.errors import ConnectionClosed
from redis.exceptions import RedisError

from app.queue.connection import RedisOutage, connect, hang_up
from app.queue.heartbeat import Heartbeat
from app.queue.policy import Policy
from app.queue.stream import QueueStream

Answer = TypeVar("Answer")


class Shard:
    """One number's keys, and the server that has them: none of the others notices its outage."""

    def __init__(
        self, redis_url: str, number: int, policy: Policy, name: str, threads: int
    ) -> None:
        """`name`: of the process, which calls from so many `threads`."""
        self.number = number
        self.policy = replace(policy, keys=policy.keys.numbered(number))
        self.client = connect(redis_url, connections=threads, keys=self.policy.keys)
        #: By the names of their queues.
        self.streams: dict[str, QueueStream] = {}
        self.outage = RedisOutage(self.client)
        self.heartbeat = Heartbeat(name, self.streams, self.policy, self.outage)

    def add(self, queue: str) -> None:
        """Look after a queue."""
        self.streams[queue] = QueueStream(self.client, queue, self.policy)

    def on_redis(self, command: Callable[[], Answer]) -> Answer:
        """Run a command. Raises `ConnectionClosed`."""
        try:
            return command()
        except (RedisError, OSError) as error:
            hang_up(self.client)
            raise ConnectionClosed(error) from error
