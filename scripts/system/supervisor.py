"""Keeps processes running: a dead one is started again, all are stopped together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from config.settings import EXIT_CONFIGURATION
from scripts.system.child import Child
from scripts.system.server import ServerFailed

#: The pause before a restart doubles from the first to the longest, and is the first one again for
#: a process that has lived for `STEADY_SECONDS`.
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 30.0


class Supervisor:
    """Runs children until `stop`, or until one of them says that its settings are wrong.

    `say` gets a line for every death. `finished` is set when the supervisor gave up; `exit_status`
    then holds what the child said.
    """

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = {child.name: child for child in children}
        self.exit_status = 0
        self.finished = threading.Event()
        self._say = say
        self._stopping = threading.Event()
        self._keepers: list[threading.Thread] = []

    def start(self) -> None:
        """Starts every child that does not run yet. Raises what the first failing start raises."""
        for child in self.children.values():
            if child.pid is None:
                child.start()
        for child in self.children.values():
            keeper = threading.Thread(target=self._keep, args=(child,), name=f"keep {child.name}")
            keeper.start()
            self._keepers.append(keeper)

    def stop(self, grace_seconds: float) -> None:
        """Stops all children at once, kills what outlives the grace. Harmless when repeated."""
        self._stopping.set()
        stoppers = [
            threading.Thread(target=child.stop, args=(grace_seconds,))
            for child in self.children.values()
        ]
        for thread in stoppers:
            thread.start()
        for thread in (*stoppers, *self._keepers):
            thread.join()

    def _keep(self, child: Child) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            status = child.wait()
            if self._stopping.is_set():
                return
            if status == EXIT_CONFIGURATION:
                self._give_up(child, status)
                return
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self._say(f"{child.name} {_how(status)}; starting it again in {pause:g} s")
            if not self._start_again(child, pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _start_again(self, child: Child, pause: float) -> bool:
        """Tries until it runs; False when everything is being stopped."""
        while not self._stopping.wait(pause):
            try:
                child.start()
            except (OSError, ServerFailed) as problem:
                self._say(f"{child.name} did not start: {problem}")
                pause = LONGEST_PAUSE_SECONDS
                continue
            if self._stopping.is_set():  # `stop` may have looked before there was a process
                child.kill()
            return True
        return False

    def _give_up(self, child: Child, status: int) -> None:
        self._say(f"{child.name} refuses its settings (see its line above)")
        self.exit_status = status
        self.finished.set()


def _how(status: int) -> str:
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
