"""What one process holds of one queue."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence

from app.domain.delivery.backoff import exponential_seconds
from app.queue.entry import Entry

#: So many different batches in a row must fail: a few bad jobs never slow the good ones.
FAILURES_BEFORE_THROTTLING = 10
THROTTLE_FIRST_SECONDS = 0.05
THROTTLE_MAX_SECONDS = 2.0


class HeldJobs:
    """The jobs between being read and being acknowledged. Thread-safe.

    What is pending for this process and not held here is an orphan: the reply was lost.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ids: set[bytes] = set()
        self._failed: set[bytes] = set()
        self._probes = 0
        #: Batches handed out and not finished.
        self.running = 0

    def add(self, ids: Iterable[bytes]) -> None:
        """These were read."""
        with self._changed:
            self._ids.update(ids)

    def drop(self, ids: Iterable[bytes]) -> None:
        """These are no longer ours."""
        with self._changed:
            self._ids.difference_update(ids)

    def holds(self, entry_id: bytes) -> bool:
        """Whether this process answers for the job."""
        return entry_id in self._ids

    def begin(self) -> None:
        """A batch is handed out."""
        with self._changed:
            self.running += 1

    def finish(
        self, entries: Sequence[Entry], still_held: Collection[bytes] = (), *, failed: bool
    ) -> None:
        """A batch has run; some jobs may be `still_held`."""
        with self._changed:
            self.running -= 1
            self._ids -= {entry.id for entry in entries}.difference(still_held)
            if not failed:
                self._failed, self._probes = set(), 0
            elif len(self._failed) < FAILURES_BEFORE_THROTTLING:
                self._failed.add(entries[0].payload)
            else:
                self._probes += 1
            self._changed.notify_all()

    def wait_until_running(self, below: int, timeout_seconds: float) -> bool:
        """Wait until fewer than `below` batches run; whether that came to pass."""
        with self._changed:
            return self._changed.wait_for(lambda: self.running < below, timeout_seconds)

    @property
    def throttle_seconds(self) -> float:
        """The pause before the next single job; 0.0 unless everything that is taken in fails.

        An outage of PostgreSQL then costs a probe every two seconds instead of a run and a pause
        for every job in the queue; the first success lets everything go again.
        """
        if len(self._failed) < FAILURES_BEFORE_THROTTLING:
            return 0.0
        return exponential_seconds(self._probes + 1, THROTTLE_FIRST_SECONDS, THROTTLE_MAX_SECONDS)
