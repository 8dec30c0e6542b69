"""How the queue talks to Redis: timeouts, connections, and what is logged about an outage."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.outage import Outage

#: A reply that takes longer is a fault. Every blocking command waits for less.
REPLY_SECONDS = 5.0
CONNECT_SECONDS = 2.0
#: How long a caller waits for a free connection of a busy pool.
POOL_SECONDS = 2.0


def connect(
    redis_url: str, *, connections: int, retries: int = 1, patience_seconds: float = REPLY_SECONDS
) -> redis.Redis:
    """Make a client of at most `connections` connections; opens none yet.

    No single step (a free connection, connecting, a reply) takes more than `patience_seconds`.

    A broken connection is replaced `retries` times, at once. A timeout is not retried, since the
    caller has waited long enough.
    """
    pool = redis.BlockingConnectionPool.from_url(
        redis_url,
        max_connections=connections,
        timeout=min(POOL_SECONDS, patience_seconds),
        socket_timeout=patience_seconds,
        socket_connect_timeout=min(CONNECT_SECONDS, patience_seconds),
        retry=Retry(NoBackoff(), retries, supported_errors=(redis.ConnectionError,)),
        # RESP3's handshake announces maintenance pushes, and with them the pool no longer notices
        # at check-out that the server has hung up.
        protocol=2,
    )
    return redis.Redis(connection_pool=pool)


def hang_up(client: redis.Redis) -> None:
    """Close the idle connections: a server that answers READONLY may have been replaced."""
    client.connection_pool.disconnect(inuse_connections=False)


class RedisOutage(Outage):
    """Logs an outage, and closes the client's idle connections at each failure."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__("redis")
        self._client = client

    def failed(self, error: BaseException, *, refuses_writes: bool = False) -> None:
        """A command failed."""
        hang_up(self._client)
        super().failed(error, refuses_writes=refuses_writes)
