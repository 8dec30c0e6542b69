"""What Sentinels and servers of Redis say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any

import redis

from scripts.commands.chaos.hosts.redis_server import QUORUM, SERVICE, HostRedis, HostSentinel

_PATIENCE_SECONDS = 1.0


def primary_of(sentinels: Iterable[HostSentinel]) -> str | None:
    """The address of the primary, if enough Sentinels agree."""
    named = Counter(address for each in sentinels if (address := _named_by(each)))
    address, times = (named.most_common(1) or [("", 0)])[0]
    return address if times >= QUORUM else None


def replicas_of(server: HostRedis) -> Sequence[str]:
    """The addresses of the replicas that have all that they were sent; none of a replica."""
    with closing(_client(server.url)) as client:
        try:
            told: Any = client.info("replication")
        except redis.RedisError:
            return []
    if told["role"] != "master":
        return []
    links = [each for name, each in told.items() if name.startswith("slave") and name[5:].isdigit()]
    return [link["ip"] for link in links if link["state"] == "online" and link["lag"] <= 1]


def _named_by(sentinel: HostSentinel) -> str | None:
    with closing(_client(sentinel.url)) as client:
        try:
            answer: Any = client.sentinel_get_master_addr_by_name(SERVICE)
        except redis.RedisError:
            return None
    return answer[0] if answer else None


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=_PATIENCE_SECONDS,
        socket_connect_timeout=_PATIENCE_SECONDS,
    )
