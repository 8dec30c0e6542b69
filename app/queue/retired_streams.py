"""Moves jobs out of streams that CAPTURE_STREAMS no longer counts.

They are left when the number was lowered, and while web processes that do not know it yet go on
filling them. A job that an old worker is still running runs twice, which changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import redis

from app.queue.connection import hang_up
from app.queue.entry import entry_of
from app.queue.jobs import CAPTURES, GROUP
from app.queue.replication import WAIT_MS
from app.queue.stream import STEP
from app.queue.stream_clients import StreamClient

log = logging.getLogger(__name__)


def drain_retired(
    retired: Sequence[StreamClient], target: StreamClient, replicas_required: int = 0
) -> None:
    """Move what is there to another stream.

    Dead letters stay: they are listed and redriven where they are. What a server that is away has,
    or cannot take, or too few replicas have confirmed, is moved another time.
    """
    for stream in retired:
        try:
            if jobs := _drain(stream, target, replicas_required):
                log.info("queue.retired_stream_drained", extra={"jobs": jobs})
        except redis.RedisError:
            hang_up(stream.client)
            hang_up(target.client)


def _drain(source: StreamClient, target: StreamClient, replicas: int) -> int:
    client: Any = source.client
    stream, retry = source.keys.stream(CAPTURES), source.keys.retry(CAPTURES)
    moved = 0

    def add_jobs(pipe: Any) -> None:
        for each in found:
            pipe.xadd(target.keys.stream(CAPTURES), entry_of(*each).fields())

    def add_members(pipe: Any) -> None:
        pipe.zadd(target.keys.retry(CAPTURES), dict(members))

    # Added before they are forgotten: what is queued twice is recorded once.
    while found := client.xrange(stream, count=STEP):
        if not _is_kept(target, add_jobs, replicas):
            return moved
        ids = [entry_id for entry_id, _ in found]
        with client.pipeline(transaction=False) as pipe:
            pipe.xdel(stream, *ids)
            pipe.xack(stream, GROUP, *ids)
            pipe.execute()
        moved += len(ids)
    while members := client.zrange(retry, 0, STEP - 1, withscores=True):
        if not _is_kept(target, add_members, replicas):
            return moved
        client.zrem(retry, *(member for member, _ in members))
        moved += len(members)
    return moved


def _is_kept(target: StreamClient, add: Callable[[Any], None], replicas: int) -> bool:
    """Run the commands that `add` puts into a pipeline; whether enough replicas have their writes.

    The target may be another server than the source, so its replicas may lack what the source
    has already forgotten.
    """
    client: Any = target.client
    with client.pipeline(transaction=False) as pipe:
        add(pipe)
        if replicas:
            pipe.wait(replicas, WAIT_MS)
        *_, last = pipe.execute()
    return not replicas or last >= replicas
