"""How the queue talks to Redis: timeouts, connections, and what is logged about an outage."""

from __future__ import annotations

import logging
import threading
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

#: A reply that takes longer is a fault. Every blocking command waits for less.
REPLY_SECONDS = 5.0
CONNECT_SECONDS = 2.0
#: How long a caller waits for a free connection of a busy pool.
POOL_SECONDS = 2.0
#: An outage is logged this often at most, however often the connection comes and goes.
SECONDS_BETWEEN_LINES = 15.0


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


class Outage:
    """Logs that Redis went away and that it came back, not every failure in between."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._since: float | None = None
        self._logged_at = float("-inf")

    def failed(self, error: BaseException) -> None:
        """A command failed; the client's idle connections are closed."""
        hang_up(self._client)
        with self._lock:
            now = time.monotonic()
            self._since = self._since or now
            if now - self._logged_at < SECONDS_BETWEEN_LINES:
                return
            self._logged_at, seconds = now, round(now - self._since, 1)
        extra = {"error": type(error).__name__, "detail": str(error)[:200], "for_seconds": seconds}
        log.warning("redis.unreachable", extra=extra)

    def worked(self) -> None:
        """A command was answered."""
        if self._since is None:  # without the lock: every command comes through here
            return
        with self._lock:
            since, self._since = self._since, None
            was_logged = since is not None and self._logged_at >= since
        if since is not None and was_logged:
            seconds = round(time.monotonic() - since, 1)
            log.warning("redis.reachable", extra={"after_seconds": seconds})
