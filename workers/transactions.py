"""The engine's transactions: one at a time, beside the engine's loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic

from workers.completer import Completer
from workers.work import Transaction, WebhookWork

#: Runs a function beside the others, in a thread or a greenlet.
Spawn = Callable[[Callable[[], object]], object]


class Transactions:
    """Used by the engine's loop alone. `wake` tells the loop that one has ended."""

    def __init__(self, completer: Completer, spawn: Spawn, wake: Callable[[], object]) -> None:
        self._completer = completer
        self._spawn = spawn
        self._wake = wake
        self._running: Transaction | None = None

    @property
    def is_running(self) -> bool:
        """Whether one runs, or has ended and was not taken."""
        return self._running is not None

    def begin(self, works: Sequence[WebhookWork], *, looks: bool) -> None:
        """Run the next one; `looks`: it reads which leases this process holds."""
        self._running = Transaction(works, looks=looks)
        self._spawn(partial(self._run, self._running))

    def take_ended(self) -> Transaction | None:
        """The one that has ended. Raises what it could not deal with."""
        ended = self._running
        if ended is None or not ended.is_over:
            return None
        self._running = None
        if ended.fault is not None:
            raise ended.fault
        return ended

    def _run(self, running: Transaction) -> None:
        try:
            running.notify = self._completer.run(running.works)
            if running.looks:
                running.looked_at = monotonic()
                running.held = self._completer.held()
        except BaseException as error:
            running.fault = error
        running.is_over = True
        self._wake()
