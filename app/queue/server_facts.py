"""What Redis says of itself, gathered for the doctor."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import redis
from redis.exceptions import ResponseError

from app.domain.errors import QueueUnavailable
from app.domain.system.clock_skew import clock_skew
from app.queue.jobs import KEYS, Keys

_ASKED = (
    *("appendonly", "appendfsync", "maxmemory", "maxmemory-policy"),
    "cluster-require-full-coverage",
)
_PROBE_MS = 1000


class RedisFacts(NamedTuple):
    """What Redis says. `config` is empty where CONFIG is forbidden."""

    info: Mapping[str, Any]
    config: Mapping[str, str]
    #: Why it takes no writes; None: it does.
    refuses_writes: str | None
    #: By how much this host's clock is ahead.
    seconds_ahead: float
    reply_seconds: float
    #: REDIS_REPLICAS_REQUIRED.
    replicas_required: int = 0


def redis_facts(client: redis.Redis, keys: Keys = KEYS) -> RedisFacts:
    """Ask the server. Raises `QueueUnavailable`."""
    asked: Any = client
    try:
        asked.ping()
        asked_at = time.time()
        seconds, microseconds = asked.time()
        answered_at = time.time()
        skew = clock_skew(seconds + microseconds / 1e6, asked_at, answered_at)
        reply_seconds = max(0.0, answered_at - asked_at)
        return RedisFacts(asked.info(), _config(asked), _refusal(asked, keys), skew, reply_seconds)
    except redis.RedisError as error:
        raise QueueUnavailable from error


def _config(client: Any) -> dict[str, str]:
    with suppress(ResponseError):  # a service that forbids it
        return {_text(name): _text(value) for name, value in client.config_get(*_ASKED).items()}
    return {}


def _refusal(client: Any, keys: Keys) -> str | None:
    try:
        client.set(keys.named("probe"), 1, px=_PROBE_MS)
    except ResponseError as error:
        return str(error)
    return None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
