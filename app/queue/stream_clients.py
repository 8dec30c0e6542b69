"""Clients for all who look at every stream of captures, wherever each is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import redis

from app.queue.connection import REPLY_SECONDS, connect
from app.queue.jobs import KEYS, STREAMS_MAX, Keys
from config.redis_url import RedisKind, parse_redis_url

#: The numbers of all streams that may hold something, however many are in use.
ALL_STREAMS = range(STREAMS_MAX)


class StreamClient(NamedTuple):
    """The keys of one stream, and a client for the server that has them."""

    client: redis.Redis
    keys: Keys


def connect_streams(
    redis_url: str,
    numbers: Iterable[int],
    *,
    connections: int,
    patience_seconds: float = REPLY_SECONDS,
) -> list[StreamClient]:
    """Clients for the streams with these numbers; a server that has them all gets one client."""
    all_keys = [KEYS.numbered(number) for number in numbers]

    def make(keys: Keys) -> redis.Redis:
        return connect(
            redis_url, connections=connections, patience_seconds=patience_seconds, keys=keys
        )

    if parse_redis_url(redis_url).kind is RedisKind.CLUSTER:
        return [StreamClient(make(keys), keys) for keys in all_keys]
    client = make(KEYS)
    return [StreamClient(client, keys) for keys in all_keys]


def servers_of(streams: Iterable[StreamClient]) -> list[StreamClient]:
    """The streams without those whose server has one before them."""
    return list({id(stream.client): stream for stream in reversed([*streams])}.values())[::-1]
