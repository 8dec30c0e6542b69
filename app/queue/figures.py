"""Figures for operators: how deep the queues are, and which captures were refused for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import redis

from app.queue.connection import databases_of
from app.queue.jobs import CAPTURES, DELIVERIES
from app.queue.keys import payloads_key, resting_key, waiting_key

# The counts live in the database after the queue's; a script's SELECT ends with the script.
_READ_COUNTS = "redis.call('SELECT', ARGV[1]) return redis.call('HGETALL', ARGV[2])"


class Depth(NamedTuple):
    """Jobs of a queue: not yet taken, put off after a failure, and all that are not done."""

    queue: str
    waiting: int
    resting: int
    unfinished: int


class Refusals(NamedTuple):
    """How many captures of an org were refused for one reason on one day (UTC)."""

    org_id: str
    day: str
    reason: str
    refused: int


class QueueFigures:
    """Asks Redis; every method raises redis' own errors."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        _, self._admission_db = databases_of(client.connection_pool.connection_kwargs)

    def depths(self) -> list[Depth]:
        """The depth of every queue."""
        return [
            Depth(
                queue,
                int(self._client.llen(waiting_key(queue))),
                int(self._client.zcard(resting_key(queue))),
                int(self._client.hlen(payloads_key(queue))),
            )
            for queue in (CAPTURES, DELIVERIES)
        ]

    def refusals(self, org_ids: Sequence[str], days: Sequence[str]) -> list[Refusals]:
        """Refused captures of these orgs on these days (2026-03-16), most frequent reason first."""
        wanted = [(day, org_id) for day in days for org_id in org_ids]
        with self._client.pipeline(transaction=False) as pipeline:
            for day, org_id in wanted:
                pipeline.eval(_READ_COUNTS, 0, self._admission_db, f"refused:{org_id}:{day}")
            answers = pipeline.execute()
        found = []
        for (day, org_id), flat in zip(wanted, answers, strict=True):
            counts = zip(flat[::2], flat[1::2], strict=True)
            for reason, count in sorted(counts, key=lambda pair: -int(pair[1])):
                found.append(Refusals(org_id, day, reason.decode("utf-8", "replace"), int(count)))
        return found
