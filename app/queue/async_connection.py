"""Makes every asyncio client of Redis."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import (
    BlockingConnectionPool,
    Connection,
    ConnectionPool,
    Redis,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.queue.client_options import (
    note_server,
    redis_server,
    sentinel_options,
    server_options,
    single_server,
    slot_owner,
)
from app.queue.cluster import AsyncSlotConnection, AsyncSlotTlsConnection
from app.queue.jobs import KEYS, Keys
from app.queue.sentinel_pools import AsyncSentinelPool, WaitingSentinelPool
from app.queue.sentinels import AsyncSentinels
from config.redis_url import RedisKind, parse_redis_url

#: Introduces a new connection to its server.
OnConnect = Callable[[Connection], Awaitable[None]]


def connect_async(
    redis_url: str,
    *,
    connections: int,
    patience_seconds: float,
    connect_seconds: float,
    waits: bool,
    on_connect: OnConnect | None = None,
    keys: Keys = KEYS,
) -> Redis:
    """Make a client of at most `connections` connections, without retries; opens none yet.

    `waits`: for a free connection of a busy pool, instead of failing.
    """
    url, server = parse_redis_url(redis_url), redis_server(redis_url, keys)

    async def introduce(connection: Connection) -> None:
        await (on_connect(connection) if on_connect else connection.on_connect())
        note_server(server, connection)

    options: dict[str, Any] = {
        **server_options(url, patience_seconds, connect_seconds),
        "max_connections": connections,
        **({"timeout": patience_seconds} if waits else {}),
        "retry": Retry(NoBackoff(), 0),
        "redis_connect_func": introduce,
    }
    make: Any  # redis-py has no types for what its pools take
    if url.kind is RedisKind.SENTINEL:
        make = WaitingSentinelPool if waits else AsyncSentinelPool
        asked = AsyncSentinels(url.hosts, **sentinel_options(url), retry=Retry(NoBackoff(), 0))
        return Redis.from_pool(make(url.service, asked, ssl=url.tls, **options))
    make = BlockingConnectionPool if waits else ConnectionPool
    if url.kind is RedisKind.CLUSTER:
        target = slot_owner(url, keys, AsyncSlotTlsConnection, AsyncSlotConnection)
        return Redis.from_pool(make(**target, **options))
    kinds = UnixDomainSocketConnection, SSLConnection, Connection
    return Redis.from_pool(make(**single_server(url, *kinds), **options))
