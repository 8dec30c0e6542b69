"""Figures for operators: how deep the queues are, and which captures were refused for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import redis

from app.queue.admission import REFUSED_ORIGIN, REFUSED_REDIRECT, refusals_key
from app.queue.jobs import CAPTURES, GROUP, KEYS, Keys
from app.queue.stream_clients import StreamClient


class Depth(NamedTuple):
    """Jobs of a queue that are not done."""

    waiting: int
    #: Held by some worker.
    in_flight: int
    #: Failed, and waiting for their next run.
    retrying: int
    #: Failed for good, until they are redriven.
    dead_letters: int

    @property
    def unfinished(self) -> int:
        """Jobs that workers have yet to do."""
        return self.waiting + self.in_flight + self.retrying


def sum_depths(depths: Iterable[Depth]) -> Depth:
    """The depth of a queue from those of its streams."""
    return Depth(*map(sum, zip(*depths, strict=True)))


def depth_in(streams: Sequence[StreamClient], queue: str) -> Depth:
    """How full a queue is; that of captures is on all of these streams, others on the first."""
    parts = streams if queue == CAPTURES else streams[:1]
    return sum_depths(depth_of(client, queue, keys) for client, keys in parts)


class Refusals(NamedTuple):
    """How many captures of an org were refused for one reason on one day (UTC)."""

    org_id: str
    day: str
    reason: str
    refused: int


def depth_of(client: redis.Redis, queue: str, keys: Keys = KEYS) -> Depth:
    """How full a queue is, in constant time. Raises redis' own errors.

    Without MULTI, which a server that is out of memory refuses, and that is when depth matters.
    The stream is counted last, so nothing that is being moved is overlooked.
    """
    with client.pipeline(transaction=False) as pipe:
        pipe.xpending(keys.stream(queue), GROUP)
        pipe.xlen(keys.dead_letters(queue))
        pipe.zcard(keys.retry(queue))
        pipe.xlen(keys.stream(queue))
        pending, dead, retrying, in_stream = pipe.execute(raise_on_error=False)
    for answer in (dead, retrying, in_stream):
        if isinstance(answer, Exception):
            raise answer
    in_flight = pending["pending"] if isinstance(pending, dict) else 0  # no group yet
    return Depth(max(0, in_stream - in_flight), in_flight, retrying, dead)


def refusals(client: redis.Redis, org_ids: Sequence[str], days: Sequence[str]) -> list[Refusals]:
    """Refused captures of these orgs on these days (2026-03-16), most frequent reason first.

    Raises redis' own errors.
    """
    wanted = [(day, org_id) for day in days for org_id in org_ids]
    with client.pipeline(transaction=False) as pipe:
        for day, org_id in wanted:
            pipe.hgetall(refusals_key(org_id, day))
        answers = pipe.execute()
    return [
        Refusals(org_id, day, reason.decode("utf-8", "replace"), int(count))
        for (day, org_id), counts in zip(wanted, answers, strict=True)
        for reason, count in sorted(counts.items(), key=lambda pair: -int(pair[1]))
    ]


#: How far back refused origins are shown.
ORIGIN_DAYS = 7


class RefusedOrigins:
    """The origins whose pages were refused, so that a mistyped list is noticed."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def of(self, org_id: str) -> dict[str, int]:
        """Refusals by origin in the last seven days, most first; none while Redis is away."""
        return self._counts(org_id, REFUSED_ORIGIN)

    def redirects_of(self, org_id: str) -> dict[str, int]:
        """The same of `_redirect`, by the origin of the target."""
        return self._counts(org_id, REFUSED_REDIRECT)

    def _counts(self, org_id: str, prefix: str) -> dict[str, int]:
        today = datetime.now(UTC).date()
        days = [str(today - timedelta(days=ago)) for ago in range(ORIGIN_DAYS)]
        counts: Counter[str] = Counter()
        try:
            for each in refusals(self._client, [org_id], days):
                if each.reason.startswith(prefix):
                    counts[each.reason.removeprefix(prefix)] += each.refused
        except redis.RedisError:
            return {}
        return dict(counts.most_common())
