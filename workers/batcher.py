"""Batches work from many threads: the first idle thread runs the batch for everyone waiting.

For what costs nearly the same for many as for one, as a transaction does. While one thread leads,
the others gather. When it is done, the first of those who came meanwhile leads next, and those
whose work is done go on at once: they do not queue behind a call that does nothing for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Work = TypeVar("Work")


class BatchFailed(Exception):
    """The call that carried this work for another thread failed; its error is the cause."""


class Batcher(Generic[Work]):
    """Groups the work of many threads into calls of `run`, one at a time.

    `run` gets what waits, in the order of coming, and leaves what came of it in the work itself.
    """

    def __init__(self, run: Callable[[list[Work]], object]) -> None:
        self._run = run
        self._guard = threading.Lock()
        self._gathered: list[_Member[Work]] = []
        self._has_leader = False

    @property
    def waiting(self) -> int:
        """How many wait for a call to carry them."""
        return len(self._gathered)

    def submit(self, work: Work) -> None:
        """Return when a call has carried `work`, be it this thread's or another's.

        Raises what this thread's own call raised, `BatchFailed` when another's did.
        """
        mine = _Member(work)
        with self._guard:
            leads, self._has_leader = not self._has_leader, True
            if not leads:
                self._gathered.append(mine)
        if not leads:
            mine.gate.acquire()
        if not mine.is_done:
            self._lead(mine)
        elif mine.error is not None:
            raise BatchFailed from mine.error

    def _lead(self, leader: _Member[Work]) -> None:
        with self._guard:
            members, self._gathered = [leader, *self._gathered], []
        error: BaseException | None = None
        try:
            self._run([member.work for member in members])
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._name_next()
            for member in members:
                member.finish(error)

    def _name_next(self) -> None:
        with self._guard:
            if self._gathered:
                self._gathered.pop(0).gate.release()
            else:
                self._has_leader = False


class _Member(Generic[Work]):
    """A thread's work, and the gate at which the thread waits."""

    __slots__ = ("error", "gate", "is_done", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.is_done = False
        self.error: BaseException | None = None
        #: Opened when the thread is to lead, or when its work is done.
        self.gate = threading.Lock()
        self.gate.acquire()

    def finish(self, error: BaseException | None) -> None:
        self.error = error
        self.is_done = True
        self.gate.release()
