"""Whether a Redis that somebody else runs keeps the promise that a 202 makes.

One that may forget what it acknowledged is volatile: captures don't use it, as if it were away.
INFO tells, and CONFIG where that is allowed; what cannot be checked is believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import redis
import redis.asyncio
from redis.exceptions import RedisError, ResponseError

_FSYNC = "appendfsync"
_ASKED = ("appendonly", _FSYNC, "maxmemory", "maxmemory-policy")


class Faults(NamedTuple):
    """What may lose captures, each in a sentence."""

    #: Why the server must not be used for captures.
    volatile: str | None
    #: What an operator should look at.
    warnings: list[str]

    @property
    def all(self) -> list[str]:
        """Both."""
        return [*filter(None, [self.volatile]), *self.warnings]


class VolatileQueue(redis.ConnectionError):
    """The server may lose what it acknowledges; the message says how to change that."""


def volatility(config: Mapping[str, str]) -> str | None:
    """Why a server with this configuration may lose captures, in a sentence; None: it does not."""
    if config.get("appendonly") == "no":
        return "appendonly is off: a restart loses accepted captures (set appendonly yes)"
    if config.get("appendfsync", "always") != "always":
        return (
            f"appendfsync is {config['appendfsync']}: a crash of the machine loses the captures"
            " accepted since the last fsync (set appendfsync always)"
        )
    return None


def faults_of(config: Mapping[str, str]) -> Faults:
    """What in a configuration may lose captures."""
    warnings = []
    policy = config.get("maxmemory-policy", "noeviction")
    if policy.startswith("allkeys") and config.get("maxmemory", "0") != "0":
        warnings.append(
            f"maxmemory-policy is {policy}: under pressure it drops the queue (set noeviction)"
        )
    if _FSYNC not in config:
        warnings.append("CONFIG is not allowed here, so durability could not be checked in full")
    return Faults(volatility(config), warnings)


async def connect_if_durable(connection: redis.asyncio.Connection) -> None:
    """Introduce a new connection, and look at its server. Raises `VolatileQueue`."""
    await connection.on_connect()
    config: dict[str, str] = {}
    with suppress(ResponseError):  # a service that forbids it
        await connection.send_command("INFO", "persistence")
        lines = _text(await connection.read_response()).splitlines()
        config |= _from_info(dict(line.split(":", 1) for line in lines if ":" in line))
    with suppress(ResponseError):
        await connection.send_command("CONFIG", "GET", _FSYNC)
        config[_FSYNC] = _text((await connection.read_response())[1])
    if fault := volatility(config):
        raise VolatileQueue(fault)


def find_volatility(client: redis.Redis) -> str | None:
    """Why the server may lose captures; None: it does not. Raises redis' own errors."""
    config: dict[str, str] = {}
    with suppress(ResponseError):  # a service that forbids it
        config |= _from_info(client.info("persistence"))
    with suppress(ResponseError):
        config |= {_text(name): _text(value) for name, value in client.config_get(_FSYNC).items()}
    return volatility(config)


async def find_faults(client: redis.asyncio.Redis) -> Faults:
    """The faults of a server. Raises `RedisError` when it is away."""
    config: dict[str, str] = {}
    with suppress(ResponseError):  # a service that forbids it
        found = await client.config_get(*_ASKED)
        config |= {_text(name): _text(value) for name, value in found.items()}
    with suppress(ResponseError):
        config |= _from_info(await client.info("persistence"))
    return faults_of(config)


async def memory_share(client: redis.asyncio.Redis) -> float:
    """Used memory as a share of the limit; 0 without a limit, or when Redis is away."""
    try:
        info: dict[str, Any] = await client.info("memory")
    except (RedisError, OSError):
        return 0.0
    limit = int(info.get("maxmemory") or 0)
    return int(info["used_memory"]) / limit if limit else 0.0


def _from_info(info: Mapping[str, Any]) -> dict[str, str]:
    enabled = info.get("aof_enabled")
    return {} if enabled is None else {"appendonly": "yes" if int(enabled) else "no"}


def _text(value: str | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""
