"""Whether a Redis that somebody else runs keeps the promise that a 202 makes.

What is asked is its configuration and its memory; a service that forbids CONFIG is believed, and
the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError, ResponseError

_ASKED = ("appendonly", "appendfsync", "maxmemory", "maxmemory-policy")


def faults_of(config: Mapping[str, str]) -> list[str]:
    """What in a configuration may lose captures, each in a sentence."""
    faults = []
    if config.get("appendonly") == "no":
        faults.append("appendonly is off: a restart loses accepted captures (set appendonly yes)")
    elif config.get("appendfsync", "always") != "always":
        faults.append(
            f"appendfsync is {config['appendfsync']}: a crash of the machine loses the captures"
            " accepted since the last fsync (set appendfsync always)"
        )
    policy = config.get("maxmemory-policy", "noeviction")
    if policy.startswith("allkeys") and config.get("maxmemory", "0") != "0":
        faults.append(
            f"maxmemory-policy is {policy}: under pressure it drops the queue (set noeviction)"
        )
    return faults


async def find_faults(client: redis.asyncio.Redis) -> list[str]:
    """The faults of a server. Raises `RedisError` when it is away."""
    try:
        config = await client.config_get(*_ASKED)
    except ResponseError:
        return ["CONFIG is not allowed here, so durability could not be checked"]
    return faults_of({_text(name): _text(value) for name, value in config.items()})


async def memory_share(client: redis.asyncio.Redis) -> float:
    """Used memory as a share of the limit; 0 without a limit, or when Redis is away."""
    try:
        info: dict[str, Any] = await client.info("memory")
    except (RedisError, OSError):
        return 0.0
    limit = int(info.get("maxmemory") or 0)
    return int(info["used_memory"]) / limit if limit else 0.0


def _text(value: str | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""
