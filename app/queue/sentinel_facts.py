"""What each Sentinel of REDIS_URL says, gathered for the doctor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.queue.client_options import sentinel_options
from app.queue.sentinels import answer_of
from config.redis_url import Host, RedisKind, RedisUrl, parse_redis_url
from config.server_in_use import host_and_port


class SentinelSeen(NamedTuple):
    """One Sentinel. `primary` is None if it does not answer or does not know the service."""

    address: str
    primary: Host | None = None
    is_up: bool = False
    #: How many Sentinels must agree that the primary is down.
    quorum: int = 0
    #: Other Sentinels that it knows.
    others: int = 0
    #: Replicas that it sees up, and that may be promoted.
    replicas: int = 0


def sentinel_facts(redis_url: str) -> list[SentinelSeen]:
    """What each says; nothing where the URL names none. Takes a moment for each; raises nothing."""
    url = parse_redis_url(redis_url)
    return [_look(url, each) for each in url.hosts] if url.kind is RedisKind.SENTINEL else []


def _look(url: RedisUrl, host: Host) -> SentinelSeen:
    address = host_and_port(*host)
    try:
        with redis.Redis(*host, **sentinel_options(url), retry=Retry(NoBackoff(), 0)) as client:
            pipe = client.pipeline(transaction=False)
            pipe.sentinel_get_master_addr_by_name(url.service)
            pipe.sentinel_master(url.service)
            pipe.sentinel_slaves(url.service)
            primary, state, replicas = pipe.execute()
    except (redis.RedisError, OSError):
        return SentinelSeen(address)
    answer = answer_of(primary, state)
    others = state["num-other-sentinels"]
    promotable = sum(map(_is_promotable, replicas))
    return SentinelSeen(address, primary, answer.is_up, state["quorum"], others, promotable)


def _is_promotable(replica: Mapping[str, Any]) -> bool:
    is_away = replica["is_sdown"] or replica["is_odown"] or replica["is_disconnected"]
    return not is_away and replica["slave-priority"] > 0
