"""Which batches of a process may run at the same time, where it consumes from several streams."""

from __future__ import annotations

import threading


class RunningBatches:
    """The batches of all consumers of one process. Thread-safe.

    A job that may be what kills its workers runs while nothing else does: what died with it would
    come back with it, and be taken for a killer too.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        #: The consumer that runs a job alone, or waits for the others to finish.
        self._alone: object | None = None

    def begin(self, consumer: object, *, alone: bool, timeout_seconds: float) -> bool:
        """Wait until a batch may run, and note that it does; False: it may not yet.

        Once one is to run alone, others wait, until that one has run.
        """
        with self._changed:
            if alone and self._alone is None:
                self._alone = consumer

            def may_run() -> bool:
                return self._alone is (consumer if alone else None) and not (alone and self._count)

            if not self._changed.wait_for(may_run, timeout_seconds):
                return False
            self._count += 1
            return True

    def finish(self, consumer: object) -> None:
        """A batch of this consumer has run."""
        with self._changed:
            self._count -= 1
            if self._alone is consumer and not self._count:
                self._alone = None
            self._changed.notify_all()
