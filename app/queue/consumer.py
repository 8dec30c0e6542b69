"""Takes jobs of one queue out of Redis for one worker process, as many at once as its actor wants.

A batch is handed out only to an idle thread, so what arrives meanwhile goes with the next one.
While all threads are busy the next jobs are read ahead. Trouble while reading is not raised to
dramatiq, which would drop what is in memory and sleep for three seconds.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence

import redis
from dramatiq import Consumer, MessageProxy
from redis.exceptions import RedisError

from app.domain.delivery.backoff import exponential_seconds, jittered
from app.queue.batches import Batch, BatchReader
from app.queue.connection import hang_up
from app.queue.entry import Entry, Payload
from app.queue.held import HeldJobs
from app.queue.policy import Policy, Verdict
from app.queue.running import RunningBatches
from app.queue.stream import STEP, QueueStream
from config.outage import Outage

log = logging.getLogger(__name__)

#: The longest wait of any kind, and so the time in which a consumer notices that it must stop.
BLOCK_SECONDS = 0.5
#: Between two looks while the process is stopping.
STOPPING_SECONDS = 0.1
SECONDS_BETWEEN_ORPHAN_CHECKS = 5.0
RETRY_FIRST_SECONDS = 0.1
RETRY_MAX_SECONDS = 2.0
#: Jobs of one read: each may have half a megabyte.
READ_MAX = 64


class StreamsConsumer(Consumer):
    """The iterator that a dramatiq consumer thread reads.

    `reading_client` has a connection of its own, and blocks. `threads`: batches at a time.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        stream: QueueStream,
        reading_client: redis.Redis,
        reader: BatchReader,
        policy: Policy,
        outage: Outage,
        running: RunningBatches,
        stopping: threading.Event,
    ) -> None:
        self._name = name
        self._threads = threads
        self._stream = stream
        self._reading_client = reading_client
        self._reading_stream = QueueStream(reading_client, reader.queue, policy)
        self._reader = reader
        self._policy = policy
        self._outage = outage
        self._running = running
        self._stopping = stopping
        self._held = HeldJobs()
        self._fetched: deque[tuple[Entry, Payload]] = deque()
        #: Done, but Redis was away.
        self._unacknowledged: deque[bytes] = deque()
        self._alone = False
        self._next_batch_at = self._check_orphans_at = 0.0
        self._failures = 0

    def __next__(self) -> Batch | None:
        """Give the next batch, or None after a short wait without one."""
        try:
            self._acknowledge_late()
            if self._stopping.is_set():
                self._return_fetched()
                # dramatiq asks again until the last job has ended; under gevent, whoever does not
                # sleep lets nobody else run.
                time.sleep(STOPPING_SECONDS)
                return None
            self._return_orphans_when_due()
            batch = self._next_batch() if self._get_ready() else None
        except (RedisError, OSError) as error:
            self._recover_from(error)
            return None
        self._failures = 0
        self._outage.worked()
        return batch

    def _get_ready(self) -> bool:
        """Read jobs and wait for a thread; whether there are both."""
        is_busy = self._held.running >= self._threads_for_next()
        self._read(None if is_busy or self._fetched else BLOCK_SECONDS)
        pause = max(self._held.throttle_seconds, self._next_batch_at - time.monotonic())
        if self._fetched and pause > 0:
            self._stopping.wait(pause)
        threads = self._threads_for_next()
        if not self._held.wait_until_running(threads, BLOCK_SECONDS if is_busy else 0):
            return False
        self._alone = False
        if is_busy or pause > 0:
            self._read(None)  # what has arrived meanwhile
        return bool(self._fetched) and not self._stopping.is_set() and self._may_run()

    def _may_run(self) -> bool:
        """Whether the process's other consumers let the next batch run; waits a moment for it."""
        alone = self._next_runs_alone()
        return self._running.begin(self, alone=alone, timeout_seconds=BLOCK_SECONDS)

    def _next_runs_alone(self) -> bool:
        return bool(self._fetched) and self._policy.runs_alone(self._fetched[0][0])

    def _threads_for_next(self) -> int:
        alone = self._alone or self._next_runs_alone() or self._held.throttle_seconds > 0
        return 1 if alone else self._threads

    def _read(self, block_seconds: float | None) -> None:
        room = 0 if self._alone or self._next_runs_alone() else self._room()
        if room <= 0:
            return
        entries = self._reading_stream.read(self._name, min(room, READ_MAX), block_seconds)
        self._held.add(entry.id for entry in entries)
        for entry in entries:
            try:
                self._fetched.append((entry, self._reader.read(entry)))
            except (ValueError, RecursionError) as error:
                self._move([Verdict(entry, reason=f"not a job: {error}"[:200])])

    def _room(self) -> int:
        """How many more jobs are of use: those of the next batch, but never more than threads."""
        batching = self._reader.batching
        if batching.jobs_max == 1:
            return self._threads - self._held.running - len(self._fetched)
        has_enough = sum(len(entry.payload) for entry, _ in self._fetched) >= batching.bytes_max
        return 0 if has_enough else batching.jobs_max - len(self._fetched)

    def _next_batch(self) -> Batch:
        self._alone = self._next_runs_alone()
        probes = self._alone or self._held.throttle_seconds > 0
        batch = self._reader.take(self._fetched, 1 if probes else self._reader.batching.jobs_max)
        if self._alone:  # if it kills this process, it must not take others with it
            self._return_fetched()
        interval = self._reader.batching.interval_seconds(len(batch.entries))
        self._next_batch_at = time.monotonic() + interval
        self._held.begin()
        return batch

    def ack(self, message: MessageProxy) -> None:
        """Acknowledge a batch, or have it done when Redis is back.

        Raises nothing: dramatiq would keep the thread in a loop, and other streams have use for it.
        """
        assert isinstance(message, Batch)
        ids = [entry.id for entry in message.entries]
        try:
            self._stream.acknowledge(ids)
        except (RedisError, OSError) as error:
            self._outage.failed(error)
            self._unacknowledged.extend(ids)
        self._finish(message, failed=False)

    def _acknowledge_late(self) -> None:
        """Acknowledge what could not be when it was done."""
        while self._unacknowledged:
            ids = [*self._unacknowledged][:STEP]
            self._stream.acknowledge(ids)
            for _ in ids:
                self._unacknowledged.popleft()
            self._held.drop(ids)

    def nack(self, message: MessageProxy) -> None:
        """Let the jobs of a batch that failed run again later."""
        assert isinstance(message, Batch)
        expected = self._reader.expects(message)
        self._move(self._policy.after_failure(message.entries, message.error, expected=expected))
        self._finish(message, failed=True)

    def _finish(self, batch: Batch, *, failed: bool) -> None:
        self._held.finish(batch.entries, self._unacknowledged, failed=failed)
        self._running.finish(self)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Return batches that have not run."""
        for batch in messages:
            assert isinstance(batch, Batch)
            self._move([Verdict(entry) for entry in batch.entries])
            self._running.finish(self)

    def close(self) -> None:
        """Return what was not handed out, and hang up."""
        self._return_fetched()
        hang_up(self._reading_client)

    def _return_fetched(self) -> None:
        self._move([Verdict(entry) for entry, _ in self._fetched])
        self._fetched.clear()

    def _move(self, verdicts: Sequence[Verdict]) -> None:
        """Do with jobs what was decided. Those that could not be moved are orphans then."""
        try:
            self._stream.move(verdicts)
        except (RedisError, OSError) as error:
            self._outage.failed(error)
        self._held.drop(verdict.entry.id for verdict in verdicts)

    def _return_orphans_when_due(self) -> None:
        """Return what is pending for this process in a reply that it never got."""
        if time.monotonic() < self._check_orphans_at:
            return
        after, count = "-", 0
        while ids := self._stream.pending_of(self._name, after):
            orphans = [entry_id for entry_id in ids if not self._held.holds(entry_id)]
            count += self._stream.rescue(orphans, Verdict)
            after = f"({ids[-1].decode()}"
        self._check_orphans_at = time.monotonic() + SECONDS_BETWEEN_ORPHAN_CHECKS
        if count:
            log.warning(
                "queue.orphans_returned", extra={"queue": self._reader.queue, "jobs": count}
            )

    def _recover_from(self, error: BaseException) -> None:
        self._outage.failed(error)
        hang_up(self._reading_client)
        self._check_orphans_at = 0.0
        self._failures += 1
        pause = exponential_seconds(self._failures, RETRY_FIRST_SECONDS, RETRY_MAX_SECONDS)
        time.sleep(jittered(pause, random.random()))
