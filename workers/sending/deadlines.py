"""The one place that enforces the total time of attempts.

A socket's timeout counts for a single call, and a peer that sends a byte now and then never meets
it. So a thread shuts down the connection of every attempt whose time is up, whatever call is
waiting for it: the handshake, a write, a read. That call then sees the end of the stream.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import Event, Lock, Thread

from workers.sending.budget import Budget

#: How often it looks, and so how late an attempt may end.
CHECK_SECONDS = 0.1


class Deadlines:
    """Cuts attempts off at their deadlines; one for all threads of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: set[Budget] = set()
        #: Set while there may be something to watch: an idle process is not to wake for nothing.
        self._has_work = Event()
        self._closed = False
        Thread(target=self._watch, name="deadlines", daemon=True).start()

    def add(self, budget: Budget) -> None:
        """Watch an attempt that begins."""
        with self._lock:
            self._running.add(budget)
            self._has_work.set()

    def remove(self, budget: Budget) -> None:
        """Leave the attempt's connection alone: it may serve another one from now on."""
        with self._lock:
            self._running.discard(budget)

    def close(self) -> None:
        """End the thread once the attempts under way have ended."""
        self._closed = True
        self._has_work.set()

    def _watch(self) -> None:
        while self._running or not self._closed:
            self._has_work.wait()
            time.sleep(CHECK_SECONDS)
            with self._lock:
                if not self._running:
                    self._has_work.clear()
                for budget in self._running:
                    if budget.sock is not None and budget.is_over():
                        _shut_down(budget.sock)


def _shut_down(sock: socket.socket) -> None:
    with suppress(OSError):
        # Not the method of a TLS socket, which would drop the TLS state under its user.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
