"""Many threads, few calls: whoever finds nobody at it carries the work of all who wait.

For what costs nearly the same for many as for one, as a transaction does. While one thread leads,
the others gather. When it is done, the first of those who came meanwhile leads next, and those
whose work was carried go on at once: they do not queue behind a call that does nothing for them.

Two calls may be allowed at once: while one waits for the database, another works here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import monotonic, sleep
from typing import Generic, TypeVar

Work = TypeVar("Work")


class BatchFailed(Exception):
    """The call that carried this work for another thread failed; its error is the cause."""


class Batcher(Generic[Work]):
    """Groups the work of many threads into calls of `run`, `at_once` of them at a time.

    `run` gets what waits, in the order of coming, and leaves what came of it in the work itself.
    `how_many` says how many of those who wait one call takes, at least one: by default all.
    `min_interval_seconds` lie between the beginning of a call that carried several and the next
    one: what comes in quick succession gathers to fewer and larger calls, what comes one by one
    never waits.
    """

    def __init__(
        self,
        run: Callable[[list[Work]], object],
        *,
        how_many: Callable[[Sequence[Work]], int] = len,
        at_once: int = 1,
        min_interval_seconds: float = 0.0,
    ) -> None:
        self._run = run
        self._how_many = how_many
        self._at_once = at_once
        self._min_interval_seconds = min_interval_seconds
        self._next_at = 0.0
        self._guard = threading.Lock()
        self._gathered: list[_Member[Work]] = []
        self._leaders = 0

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
            leads = self._leaders < self._at_once
            if leads:
                self._leaders += 1
            else:
                self._gathered.append(mine)
        if not leads:
            mine.gate.acquire()
        if not mine.is_done:
            self._lead(mine)
        elif mine.error is not None:
            raise BatchFailed from mine.error

    def _lead(self, leader: _Member[Work]) -> None:
        self._wait_for_interval()
        with self._guard:
            members = self._take(leader)
            self._next_at = monotonic() + self._min_interval_seconds if len(members) > 1 else 0.0
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

    def _wait_for_interval(self) -> None:
        with self._guard:
            pause = self._next_at - monotonic()
            if pause > 0:
                self._next_at += self._min_interval_seconds
        if pause > 0:
            sleep(pause)

    def _take(self, leader: _Member[Work]) -> list[_Member[Work]]:
        # The leader left those who wait when it was named, lest another leader carry it.
        waiting = [leader, *self._gathered]
        count = max(1, self._how_many([member.work for member in waiting]))
        self._gathered = waiting[count:]
        return waiting[:count]

    def _name_next(self) -> None:
        with self._guard:
            if self._gathered:
                self._gathered.pop(0).gate.release()
            else:
                self._leaders -= 1


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
