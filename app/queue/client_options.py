"""What clients of Redis are made with, for threads and for asyncio alike."""

from __future__ import annotations

from typing import Any

from app.queue.cluster import SlotOwner
from app.queue.jobs import KEYS, Keys
from app.queue.sentinels import REPLY_SECONDS
from config.redis_url import RedisKind, RedisUrl, parse_redis_url
from config.server_in_use import ServerInUse, host_and_port, server_in_use


def redis_server(redis_url: str, keys: Keys = KEYS) -> ServerInUse:
    """Which server this process uses of those at a URL; of a cluster, for these keys."""
    is_cluster = parse_redis_url(redis_url).kind is RedisKind.CLUSTER
    return server_in_use("redis", f"{redis_url} {keys.namespace}" if is_cluster else redis_url)


def server_options(
    url: RedisUrl, patience_seconds: float, connect_seconds: float
) -> dict[str, Any]:
    """Of each connection to a server that keeps the queue."""
    return {
        "username": url.username,
        "password": url.password,
        "db": url.database,
        "socket_timeout": patience_seconds,
        **({} if url.socket_path else {"socket_connect_timeout": connect_seconds}),
        **dict(url.tls_options),
        # RESP3's handshake announces maintenance pushes, and with them the pool no longer notices
        # at check-out that the server has hung up.
        "protocol": 2,
    }


def sentinel_options(url: RedisUrl) -> dict[str, Any]:
    """Of each connection to a Sentinel."""
    return {
        "username": url.sentinel_username,
        "password": url.sentinel_password,
        "socket_timeout": REPLY_SECONDS,
        "socket_connect_timeout": REPLY_SECONDS,
        "decode_responses": True,
        "ssl": url.tls,
        **dict(url.tls_options),
        "protocol": 2,
    }


def slot_owner(url: RedisUrl, keys: Keys, tls: Any, plain: Any) -> dict[str, Any]:
    """How to find the node that has these keys, and which of these classes connects to it."""
    owner = SlotOwner(keys.named("probe"), url.hosts)
    return {"connection_class": tls if url.tls else plain, "owner": owner}


def single_server(url: RedisUrl, unix: Any, tls: Any, plain: Any) -> dict[str, Any]:
    """Where the one server is, and which of these classes connects to it."""
    if url.socket_path:
        return {"connection_class": unix, "path": url.socket_path}
    host, port = url.hosts[0]
    return {"connection_class": tls if url.tls else plain, "host": host, "port": port}


def note_server(server: ServerInUse, connection: Any) -> None:
    """Note where a new connection leads."""
    path = getattr(connection, "path", None)
    server.note(path or host_and_port(connection.host, connection.port))
