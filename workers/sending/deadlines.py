"""The one place that enforces the total time of attempts.

A socket's timeout counts for a single call, and a peer that sends a byte now and then never meets
it. So a thread looks at all running attempts and shuts down the connection of each one whose time
is up, whatever call is waiting for it: the handshake, a write, a read. The connection's owner sees
the end of the stream and closes it.
"""

from __future__ import annotations

import time
from threading import Lock, Thread

from workers.sending.budget import Budget

#: How often it looks, and so how late an attempt may end.
CHECK_SECONDS = 0.1


class Deadlines:
    """Cuts attempts off at their deadlines; one for all threads of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: set[Budget] = set()
        self._closed = False
        Thread(target=self._watch, name="deadlines", daemon=True).start()

    def add(self, budget: Budget) -> None:
        """Watch an attempt that begins."""
        with self._lock:
            self._running.add(budget)

    def let_go(self, budget: Budget) -> None:
        """Leave the attempt's connection alone: it may serve another one from now on."""
        with self._lock:
            budget.sock = None

    def remove(self, budget: Budget) -> None:
        """Forget an attempt that has ended."""
        with self._lock:
            self._running.remove(budget)

    def close(self) -> None:
        """End the thread once the attempts under way have ended."""
        self._closed = True

    def _watch(self) -> None:
        while self._running or not self._closed:
            time.sleep(CHECK_SECONDS)
            now = time.monotonic()
            with self._lock:
                for budget in self._running:
                    if now >= budget.ends_at:
                        budget.cut()
