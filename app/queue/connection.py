"""How the queue talks to Redis: timeouts, retries and the number of connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

#: A reply that takes longer is a fault. Every blocking command waits for less.
REPLY_SECONDS = 5.0
CONNECT_SECONDS = 2.0

#: How long a caller waits for a free connection of a busy pool.
POOL_SECONDS = 2.0


def connect(redis_url: str, *, connections: int, retries: int = 1) -> redis.Redis:
    """Make a client of at most `connections` connections; opens none yet.

    A broken connection is replaced `retries` times, at once: every script may be repeated. A
    timeout is not retried, since the caller has waited long enough.
    """
    pool = redis.BlockingConnectionPool.from_url(
        redis_url,
        max_connections=connections,
        timeout=POOL_SECONDS,
        socket_timeout=REPLY_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), retries, supported_errors=(redis.ConnectionError,)),
        # RESP3's handshake announces maintenance pushes, and with them the pool no longer notices
        # at check-out that the server has hung up.
        protocol=2,
    )
    return redis.Redis(connection_pool=pool)


def databases_of(connection: Mapping[str, Any]) -> tuple[int, int]:
    """The numbers of the broker's database, by a pool's `connection_kwargs`, and of the gate's."""
    queue_db = int(connection.get("db") or 0)
    return queue_db, queue_db + 1
