"""One queue's stream, retry set and dead letters: every way in which a job moves between them.

A job that moves is added where it goes before it is acknowledged where it was, both in one MULTI. A
replica has a prefix of what the primary did, and no part of a MULTI. So a job that is here is there
as well, at its old place or its new one, and moving it (retry, rescue, redrive) needs no WAIT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import redis

from app.queue.connection import time_of
from app.queue.entry import Entry, decode_entry, encode_entry, entry_of
from app.queue.jobs import GROUP
from app.queue.policy import Policy, Verdict

#: Jobs that one transaction moves.
STEP = 100
#: More dead letters than this are not kept; jobs that would be, go on being retried.
DEAD_LETTERS_MAX = 10_000

Answer = TypeVar("Answer")


class QueueStream:
    """The commands on one queue. Raises redis' own errors."""

    def __init__(self, client: redis.Redis, queue: str, policy: Policy) -> None:
        self._client: Any = client  # its types are unions of what each protocol answers
        self._policy = policy
        self.queue = queue
        self.name = policy.keys.stream(queue)
        self._retry = policy.keys.retry(queue)
        self._dead = policy.keys.dead_letters(queue)
        self._heartbeats = policy.keys.heartbeats(queue)
        self._rescues = policy.keys.rescues(queue)

    def _ensured(self, command: Callable[[], Answer]) -> Answer:
        """Run a command on the group; make the group, from the stream's start, if it is missing."""
        try:
            return command()
        except redis.ResponseError as error:
            # UNBLOCKED, no such key: Redis was flushed, each version says so in its own way.
            if not any(text in str(error) for text in ("NOGROUP", "UNBLOCKED", "no such key")):
                raise
        try:
            self._client.xgroup_create(self.name, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        return command()

    def read(self, consumer: str, count: int, block_seconds: float | None) -> list[Entry]:
        """Take waiting jobs; they are pending for `consumer` then."""
        block = None if block_seconds is None else int(block_seconds * 1000)
        found = self._ensured(
            lambda: self._client.xreadgroup(GROUP, consumer, {self.name: ">"}, count, block)
        )
        return [entry_of(*each) for _, entries in found or [] for each in entries]

    def acknowledge(self, ids: Sequence[bytes]) -> None:
        """These are done.

        Without MULTI, which a server that is out of memory refuses. In this order nothing is left
        behind in the stream if only the first command arrives.
        """
        with self._client.pipeline(transaction=False) as pipe:
            pipe.xdel(self.name, *ids)
            pipe.xack(self.name, GROUP, *ids)
            pipe.execute()

    def move(self, verdicts: Sequence[Verdict]) -> None:
        """Do with pending jobs what was decided."""
        if not verdicts:
            return
        verdicts, now = self._with_room(verdicts), time_of(self._client)
        with self._client.pipeline() as pipe:
            self._add_all(pipe, verdicts, now)
            self._forget(pipe, [verdict.entry.id for verdict in verdicts])
            pipe.execute()

    def pending_of(self, consumer: str, after: str = "-") -> list[bytes]:
        """Ids of what a consumer has taken and not acknowledged, oldest first, `STEP` at most."""
        found = self._ensured(
            lambda: self._client.xpending_range(self.name, GROUP, after, "+", STEP, consumer)
        )
        return [each["message_id"] for each in found]

    def consumers(self) -> set[bytes]:
        """Names of the group's consumers."""
        found = self._ensured(lambda: self._client.xinfo_consumers(self.name, GROUP))
        return {each["name"] for each in found}

    def heartbeats(self) -> dict[bytes, bytes]:
        """The heartbeat of each consumer that has one."""
        beats: dict[bytes, bytes] = self._client.hgetall(self._heartbeats)
        return beats

    def beat(self, consumer: str, number: int) -> None:
        """Say that a consumer lives."""
        self._client.hset(self._heartbeats, consumer, str(number))

    def rescue(self, ids: Sequence[bytes], decide: Callable[[Entry], Verdict]) -> int:
        """Add orphaned jobs to the stream again; how many.

        Several processes may try: `WATCH` lets one of them do it.
        """
        if not ids:
            return 0

        def rescue(pipe: Any) -> int:
            verdicts = self._with_room([decide(entry) for entry in self._find(ids)])
            now = time_of(self._client)
            pipe.multi()
            pipe.incr(self._rescues)
            self._add_all(pipe, verdicts, now)
            self._forget(pipe, ids)
            return len(verdicts)

        rescued = self._client.transaction(rescue, self._rescues, value_from_callable=True)
        return int(rescued)

    def retry_due(self) -> None:
        """Add failed jobs whose pause is over to the stream again."""
        if not self._client.zcard(self._retry):
            return

        def retry(pipe: Any) -> None:
            now = time_of(self._client)
            # Nothing rests for so long: the clock was set back meanwhile.
            too_late = now + 2 * self._policy.fault_pause_max_seconds
            due = pipe.zrangebyscore(self._retry, "-inf", now, 0, STEP)
            due += pipe.zrangebyscore(self._retry, too_late, "+inf", 0, STEP)
            pipe.multi()
            for member in due:
                pipe.zrem(self._retry, member)
                pipe.xadd(self.name, decode_entry(member).fields())

        self._client.transaction(retry, self._retry)

    def remove_consumer(self, consumer: str) -> None:
        """Forget a consumer that holds nothing; what it took just now is added again."""
        with self._client.pipeline() as pipe:
            pipe.xpending_range(self.name, GROUP, "-", "+", STEP, consumer)
            pipe.xgroup_delconsumer(self.name, GROUP, consumer)
            pipe.hdel(self._heartbeats, consumer)
            lost, *_ = pipe.execute()
        if lost:
            self.rescue([each["message_id"] for each in lost], Verdict)

    def _find(self, ids: Sequence[bytes]) -> list[Entry]:
        with self._client.pipeline(transaction=False) as pipe:
            for entry_id in ids:
                pipe.xrange(self.name, entry_id, entry_id)
            return [entry_of(*found[0]) for found in pipe.execute() if found]

    def _with_room(self, verdicts: Sequence[Verdict]) -> Sequence[Verdict]:
        """The same, but no dead letters while there are too many of them."""
        has_dead = any(verdict.reason for verdict in verdicts)
        if not has_dead or self._client.xlen(self._dead) < DEAD_LETTERS_MAX:
            return verdicts
        pause = self._policy.fault_pause_max_seconds
        return [Verdict(each.entry, pause) if each.reason else each for each in verdicts]

    def _add_all(self, pipe: Any, verdicts: Iterable[Verdict], now: float) -> None:
        for entry, pause_seconds, reason in verdicts:
            if reason:
                pipe.xadd(self._dead, {**entry.fields(), "reason": reason})
            elif pause_seconds:
                pipe.zadd(self._retry, {encode_entry(entry): now + pause_seconds})
            else:
                pipe.xadd(self.name, entry.fields())

    def _forget(self, pipe: Any, ids: Sequence[bytes]) -> None:
        pipe.xack(self.name, GROUP, *ids)
        pipe.xdel(self.name, *ids)
