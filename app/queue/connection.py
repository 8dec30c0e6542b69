"""Makes every client of Redis for threads, and says what is logged about an outage."""

from __future__ import annotations

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.queue.client_options import (
    note_server,
    redis_server,
    sentinel_options,
    server_options,
    single_server,
    slot_owner,
)
from app.queue.cluster import SlotConnection, SlotTlsConnection
from app.queue.jobs import KEYS, Keys
from app.queue.pool import Pool
from app.queue.sentinel_pools import SentinelPool
from app.queue.sentinels import Sentinels
from config.outage import Outage
from config.redis_url import RedisKind, parse_redis_url

#: A reply that takes longer is a fault. Every blocking command waits for less.
REPLY_SECONDS = 5.0
CONNECT_SECONDS = 2.0
#: How long a caller waits for a free connection of a busy pool.
POOL_SECONDS = 2.0


def connect(
    redis_url: str,
    *,
    connections: int,
    retries: int = 1,
    patience_seconds: float = REPLY_SECONDS,
    keys: Keys = KEYS,
) -> redis.Redis:
    """Make a client of at most `connections` connections; opens none yet.

    Of a cluster it uses the node that has `keys`, and can do nothing with others.

    No single step (a free connection, connecting, a reply) takes more than `patience_seconds`.

    A broken connection is replaced `retries` times, at once. A timeout is not retried, since the
    caller has waited long enough.
    """
    url, server = parse_redis_url(redis_url), redis_server(redis_url, keys)

    def introduce(connection: redis.Connection) -> None:
        connection.on_connect()  # type: ignore[no-untyped-call]
        note_server(server, connection)

    options: dict[str, Any] = {
        **server_options(url, patience_seconds, min(CONNECT_SECONDS, patience_seconds)),
        "max_connections": connections,
        "timeout": min(POOL_SECONDS, patience_seconds),
        "retry": _retry(retries),
        "redis_connect_func": introduce,
    }
    pool: Any = Pool  # redis-py has no types for what its pools take
    if url.kind is RedisKind.SENTINEL:
        asked, pool = Sentinels(url.hosts, **sentinel_options(url), retry=_retry(0)), SentinelPool
        return redis.Redis(connection_pool=pool(url.service, asked, ssl=url.tls, **options))
    if url.kind is RedisKind.CLUSTER:
        target = slot_owner(url, keys, SlotTlsConnection, SlotConnection)
        return redis.Redis(connection_pool=pool(**target, **options))
    kinds = redis.UnixDomainSocketConnection, redis.SSLConnection, redis.Connection
    return redis.Redis(connection_pool=pool(**single_server(url, *kinds), **options))


def hang_up(client: redis.Redis) -> None:
    """Close the idle connections: a server that answers READONLY may have been replaced."""
    client.connection_pool.disconnect(inuse_connections=False)


def time_of(client: redis.Redis) -> float:
    """Redis' clock: one for all processes, whatever theirs say."""
    seconds, microseconds = client.time()
    return float(seconds + microseconds / 1e6)


class RedisOutage(Outage):
    """Logs an outage, and closes the client's idle connections at each failure."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__("redis")
        self._client = client

    def failed(self, error: BaseException, *, refuses_writes: bool = False) -> None:
        """A command failed."""
        hang_up(self._client)
        super().failed(error, refuses_writes=refuses_writes)


def _retry(retries: int) -> Retry:
    return Retry(NoBackoff(), retries, supported_errors=(redis.ConnectionError,))
