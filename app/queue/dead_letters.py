"""Dead letters: jobs that failed for good, listed, and redriven once the fault is fixed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import redis

from app.queue.entry import Entry, entry_of
from app.queue.jobs import KEYS, Keys
from app.queue.stream import STEP


class DeadLetter(NamedTuple):
    """A job and why it was given up."""

    queue: str
    id: str
    reason: str
    failures: int
    deaths: int
    job: str


class DeadLetters:
    """The dead letters of one queue. Raises redis' own errors."""

    def __init__(self, client: redis.Redis, queue: str, keys: Keys = KEYS) -> None:
        self._client: Any = client
        self._queue = queue
        self._dead = keys.dead_letters(queue)
        self._stream = keys.stream(queue)

    def newest(self, limit: int) -> list[DeadLetter]:
        """The last ones, `limit` at most, newest first."""
        found = self._client.xrevrange(self._dead, count=limit)
        return [self._letter(entry_of(*each), each[1]) for each in found]

    def redrive(self, ids: Collection[str]) -> int:
        """Give jobs back to their queue as if they were new; how many. No ids: all of them."""
        redriven = 0
        if ids:
            found = [each for id in ids for each in self._client.xrange(self._dead, id, id)]
            return self._redrive([entry_of(*each) for each in found])
        while found := self._client.xrange(self._dead, count=STEP):
            redriven += self._redrive([entry_of(*each) for each in found])
        return redriven

    def _redrive(self, entries: list[Entry]) -> int:
        with self._client.pipeline() as pipe:
            for entry in entries:
                pipe.xadd(self._stream, Entry(entry.id, entry.payload).fields())
                pipe.xdel(self._dead, entry.id)
            pipe.execute()
        return len(entries)

    def _letter(self, entry: Entry, fields: dict[bytes, bytes]) -> DeadLetter:
        reason = fields.get(b"reason", b"").decode("utf-8", "replace")
        job = entry.payload.decode("utf-8", "backslashreplace")
        return DeadLetter(self._queue, entry.id.decode(), reason, entry.failures, entry.deaths, job)
