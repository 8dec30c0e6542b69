"""The thread that keeps a worker process in Redis' good books.

It reports finished messages, says that the process lives, and sweeps up after processes that do
not. It depends on nothing that jobs do, so a busy worker is never taken for a dead one; and since
jobs only note that they are done, no job ever waits for Redis.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from app.queue.commands import Commands
from app.queue.in_flight import InFlight
from app.queue.outage import Backoff, Outage

logger = logging.getLogger(__name__)

#: How long a stopping process tries to report its last finished messages.
LAST_REPORT_SECONDS = 5.0


class Pulse:
    """Settles at once what finishes; beats and tidies every `beat_seconds`."""

    def __init__(
        self,
        commands: Commands,
        in_flights: Mapping[str, InFlight],
        outage: Outage,
        beat_seconds: float,
    ) -> None:
        self._commands = commands
        self._in_flights = in_flights
        self._outage = outage
        self._beat_seconds = beat_seconds
        self._beat_at = 0.0
        # Never longer than a beat: once Redis is back there is one timeout's time to be heard.
        self._backoff = Backoff(beat_seconds)
        self._nudged = threading.Event()
        self._stopping = threading.Event()
        self._settling = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; has no effect while it runs."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="queue-pulse", daemon=True)
            self._thread.start()

    def nudge(self) -> None:
        """Something has finished."""
        self._nudged.set()
        if self._thread is None:  # a consumer without a worker: nobody else would tell
            self._settle_or_note()

    def stop(self) -> None:
        """Report what is left, for a few seconds at most, and end."""
        if self._thread is None:
            return
        self._stopping.set()
        self._nudged.set()
        self._thread.join(LAST_REPORT_SECONDS)
        self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._settle()
                self._beat_when_due()
            except Exception as error:  # without a pulse a living process would be taken for dead
                self._rest_after(error)
            else:
                self._outage.worked()
                self._backoff.reset()
                self._nudged.wait(max(0.0, self._beat_at - time.monotonic()))
                self._nudged.clear()
        self._settle_or_note()
        self._commands.hang_up()

    def _settle(self) -> None:
        with self._settling:
            for queue, in_flight in list(self._in_flights.items()):
                if in_flight.has_news():
                    self._tell(queue, in_flight)

    def _tell(self, queue: str, in_flight: InFlight) -> None:
        try:
            self._commands.settle(queue, in_flight.begin_telling())
        except BaseException:
            in_flight.not_told()
            raise
        in_flight.told()

    def _beat_when_due(self) -> None:
        if time.monotonic() < self._beat_at:
            return
        self._commands.heartbeat(self._in_flights)
        tidied = self._commands.tidy()
        self._beat_at = time.monotonic() + self._beat_seconds
        if tidied.recovered:
            logger.warning("queue.recovered_from_dead", extra={"count": tidied.recovered})

    def _rest_after(self, error: Exception) -> None:
        self._outage.failed(error)
        self._commands.hang_up()
        self._stopping.wait(self._backoff.next_seconds())

    def _settle_or_note(self) -> None:
        try:
            self._settle()
        except Exception as error:  # at worst they run once more: every actor may run twice
            self._outage.failed(error)
