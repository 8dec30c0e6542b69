"""Follows a schedule: what is broken when, and when each broken part was back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from scripts.commands.chaos.schedule import Fault, Verb

#: Breaks, waits for as long as the fault lasts, heals, and returns when all of it runs again.
Break = Callable[[Fault], None]


class Disturbance(NamedTuple):
    """A fault as it went: from its beginning to the moment when everything ran again."""

    fault: Fault
    began: float
    returned: float


class NeverReturned(Exception):
    """What was broken did not run again in time."""


class FaultInjector:
    """Injects the faults of a schedule, each in a thread of its own, `at_once` at the same time."""

    def __init__(
        self, verbs: Mapping[Verb, Break], say: Callable[[str], None], at_once: int | None = None
    ) -> None:
        self._verbs = verbs
        self._say = say
        self._at_once = at_once

    def follow(
        self, schedule: Sequence[Fault], started: float, stopping: threading.Event
    ) -> list[Disturbance]:
        """Returns when everything broken is back. Raises what the first failing fault raised."""
        running: list[Future[Disturbance]] = []
        with ThreadPoolExecutor(self._at_once or max(1, len(schedule))) as pool:
            for fault in schedule:
                if stopping.wait(max(0.0, started + fault.at - time.monotonic())):
                    break
                running.append(pool.submit(self._break, fault))
        return [each.result() for each in running]

    def _break(self, fault: Fault) -> Disturbance:
        self._say(str(fault))
        began = time.monotonic()
        self._verbs[fault.verb](fault)
        return Disturbance(fault, began, time.monotonic())
