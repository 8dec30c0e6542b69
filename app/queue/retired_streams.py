"""Moves jobs out of streams that CAPTURE_STREAMS no longer counts.

They are left when the number was lowered, and while web processes that do not know it yet go on
filling them. A job that an old worker is still running runs twice, which changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import redis

from app.queue.connection import hang_up
from app.queue.entry import entry_of
from app.queue.jobs import CAPTURES, GROUP
from app.queue.stream import STEP
from app.queue.stream_clients import StreamClient

log = logging.getLogger(__name__)


def drain_retired(retired: Sequence[StreamClient], target: StreamClient) -> None:
    """Move what is there to another stream.

    Dead letters stay: they are listed and redriven where they are. What a server that is away has,
    or cannot take, is moved another time.
    """
    for stream in retired:
        try:
            if jobs := _drain(stream, target):
                log.info("queue.retired_stream_drained", extra={"jobs": jobs})
        except redis.RedisError:
            hang_up(stream.client)
            hang_up(target.client)


def _drain(source: StreamClient, target: StreamClient) -> int:
    client: Any = source.client
    stream, retry = source.keys.stream(CAPTURES), source.keys.retry(CAPTURES)
    moved = 0
    while found := client.xrange(stream, count=STEP):
        # Added before they are forgotten: what is queued twice is recorded once.
        with target.client.pipeline(transaction=False) as pipe:
            for each in found:
                pipe.xadd(target.keys.stream(CAPTURES), entry_of(*each).fields())  # type: ignore[arg-type]
            pipe.execute()
        ids = [entry_id for entry_id, _ in found]
        with client.pipeline(transaction=False) as pipe:
            pipe.xdel(stream, *ids)
            pipe.xack(stream, GROUP, *ids)
            pipe.execute()
        moved += len(ids)
    while members := client.zrange(retry, 0, STEP - 1, withscores=True):
        target.client.zadd(target.keys.retry(CAPTURES), dict(members))
        client.zrem(retry, *(member for member, _ in members))
        moved += len(members)
    return moved
