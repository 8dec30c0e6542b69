"""Makes batches of waiting jobs, each for one call of an actor."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from dramatiq import Actor, Message, MessageProxy

from app.queue.entry import Entry, Payload, decode_payload


class Batching(NamedTuple):
    """How many waiting jobs one call of an actor takes; an actor's option `batching`.

    Such an actor gets a list with the only argument of each job, as JSON text.
    """

    jobs_max: int = 1
    #: Of payloads; a single job may be larger.
    bytes_max: int = 0
    #: Between the starts of two calls, at most, and the jobs of a call from which on it is that.
    interval_seconds_max: float = 0.0
    jobs_at_max: int = 1

    def interval_seconds(self, jobs: int) -> float:
        """From the start of a call with so many jobs to that of the next.

        Where a call takes what has come since the one before, this makes the interval grow with
        the square of the rate: half the rate waits for a quarter of the time. A lone job adds none.
        """
        share = min(1.0, jobs / self.jobs_at_max)
        return self.interval_seconds_max * share ** (2 / 3) if jobs > 1 else 0.0


class Batch(MessageProxy):
    """Jobs that one call works on. Any exception fails it; no argument is ever shown."""

    def __init__(self, message: Message[Any], entries: Sequence[Entry]) -> None:
        super().__init__(message)
        self.entries = entries
        self.error: BaseException | None = None

    def stuff_exception(self, exception: BaseException) -> None:
        """Take the actor's exception and count as failed: without this it would be acked."""
        self.error = exception
        self.fail()

    def clear_exception(self) -> None:
        """Drop the exception, and with it the frames that it keeps alive."""
        self.error = None

    def __str__(self) -> str:
        return f"{self.actor_name}[{self.message_id}]"

    __repr__ = __str__


class BatchReader:
    """Reads payloads for the actors of one queue; one of them may have the option `batching`."""

    def __init__(self, queue: str, actors: Mapping[str, Actor[Any, Any]], part: str = "") -> None:
        """`part`: what dramatiq calls the part of the queue that is read."""
        self.queue = queue
        self._part = part or queue
        self._actors = {name: each for name, each in actors.items() if each.queue_name == queue}
        options = (actor.options.get("batching") for actor in self._actors.values())
        self.batching: Batching = next((each for each in options if each), Batching())

    def expects(self, batch: Batch) -> bool:
        """Whether the batch failed with what its actor declares as `throws`."""
        return isinstance(batch.error, self._actors[batch.actor_name].options.get("throws") or ())

    def read(self, entry: Entry) -> Payload:
        """Read a job. Raises `ValueError`, or an error of its kind, when it is not one."""
        payload = decode_payload(entry.payload)
        if payload.actor_name not in self._actors:
            raise ValueError("no such actor")
        if not self._takes_many(payload):
            payload.args = [msgspec.json.decode(each) for each in payload.args]
        elif len(payload.args) != 1:
            raise ValueError("expected one argument")
        return payload

    def take(self, fetched: deque[tuple[Entry, Payload]], jobs_max: int) -> Batch:
        """Take from the left what goes into one batch; there is at least one job."""
        first = fetched[0][1]
        entries: list[Entry] = []
        args: list[Any] = []
        bytes_left = self.batching.bytes_max
        while fetched and len(entries) < jobs_max:
            entry, payload = fetched[0]
            jobs_max = min(jobs_max, entry.batch_max or jobs_max)
            bytes_left -= len(entry.payload)
            fits = len(entries) < jobs_max and bytes_left >= 0 and self._takes_many(first)
            if entries and not (fits and payload.actor_name == first.actor_name):
                break
            fetched.popleft()
            entries.append(entry)
            args += payload.args
        message = Message[Any](
            queue_name=self._part,
            actor_name=first.actor_name,
            args=(args,) if self._takes_many(first) else tuple(args),
            kwargs=first.kwargs,
            options={},
            message_id=entries[0].id.decode(),
            message_timestamp=int(entries[0].id.split(b"-")[0]),
        )
        return Batch(message, entries)

    def _takes_many(self, payload: Payload) -> bool:
        return bool(self._actors[payload.actor_name].options.get("batching"))
