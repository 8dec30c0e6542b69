"""Moves jobs out of the lists of version 0.1, which old web processes go on filling for a while.

Everything unfinished, also what an old worker held when it died, is in the hash of payloads; the
lists and sets beside it only say at what stage it was. A job that an old worker is still running
runs twice, which changes nothing. For as long as this version exists.
"""

from __future__ import annotations

from typing import Any

import redis

from app.queue.jobs import CAPTURES, DELIVERIES, KEYS

STEP = 200


def move_legacy_jobs(client: redis.Redis) -> int:
    """Move what is there; how many jobs. Raises redis' own errors."""
    return sum(_move(client, queue) for queue in (CAPTURES, DELIVERIES))


def _move(client: Any, queue: str) -> int:
    payloads = f"{KEYS.namespace}:{queue}.msgs"
    cursor, moved = -1, 0
    while cursor:
        cursor, jobs = client.hscan(payloads, max(cursor, 0), count=STEP)
        if jobs:
            with client.pipeline() as pipe:
                for payload in jobs.values():
                    pipe.xadd(KEYS.stream(queue), {"job": payload})
                # Ids that old lists still hold are skipped by old workers without their payload.
                pipe.hdel(payloads, *jobs)
                pipe.execute()
        moved += len(jobs)
    return moved
