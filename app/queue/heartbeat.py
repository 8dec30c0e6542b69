"""The thread that proves that a process is alive, rescues orphans and re-adds jobs that are due.

It does not depend on actors, so a busy worker never looks dead.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping

from app.domain.delivery.backoff import exponential_seconds, jittered
from app.queue.policy import Policy
from app.queue.rescuer import Rescuer
from app.queue.stream import QueueStream
from config.outage import Outage

#: How long a stopping process waits for the last heartbeat.
STOP_SECONDS = 5.0
RETRY_FIRST_SECONDS = 0.05


class Heartbeat:
    """Beats for the consumer `name` and looks around, every `policy.beat_seconds`."""

    def __init__(
        self, name: str, streams: Mapping[str, QueueStream], policy: Policy, outage: Outage
    ) -> None:
        self._name = name
        self._streams = streams
        self._policy = policy
        self._outage = outage
        self._rescuers: dict[str, Rescuer] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; has no effect while it runs."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End, and remove this consumer unless jobs are still pending for it."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join(STOP_SECONDS)
            self._thread = None

    def _run(self) -> None:
        beats = failures = 0
        while not self._stopping.is_set():
            pause = self._policy.beat_seconds
            try:
                self._beat(beats := beats + 1)
                self._outage.worked()
                failures = 0
            except Exception as error:  # without a heartbeat a living process looks dead
                self._outage.failed(error)
                # Others may have failed to beat for the same reason.
                for rescuer in self._rescuers.values():
                    rescuer.forget()
                failures += 1
                pause = exponential_seconds(failures, RETRY_FIRST_SECONDS, pause / 2)
            self._stopping.wait(jittered(pause, random.random()))
        try:
            for stream in list(self._streams.values()):
                if not stream.pending_of(self._name):
                    stream.remove_consumer(self._name)
        except Exception as error:
            self._outage.failed(error)

    def _beat(self, number: int) -> None:
        for queue, stream in list(self._streams.items()):
            stream.beat(self._name, number)
            self._rescuers.setdefault(queue, Rescuer(stream, self._policy)).rescue()
            stream.retry_due()
