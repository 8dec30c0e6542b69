"""Many threads, one job at a time: whoever finds nobody at it carries the work of all who wait.

For what costs nearly the same for many as for one, as a transaction does. While one thread leads,
the others gather. When it is done, the first of those who came meanwhile leads next, and those
whose work was carried go on at once: they do not queue behind a call that does nothing for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Work = TypeVar("Work")


class NotCarried(Exception):
    """The call that carried this work for another thread failed; its error is the cause."""


class Group(Generic[Work]):
    """Groups the work of many threads into calls of `carry`, one call at a time.

    `carry` gets everything that waits, in the order of coming, and leaves what came of it in the
    work itself.
    """

    def __init__(self, carry: Callable[[list[Work]], object]) -> None:
        self._carry = carry
        self._guard = threading.Lock()
        self._gathered: list[_Member[Work]] = []
        self._is_led = False

    @property
    def waiting(self) -> int:
        """How many will be carried by the next call."""
        return len(self._gathered)

    def share(self, work: Work) -> None:
        """Return when a call has carried `work`, be it this thread's or another's.

        Raises what this thread's own call raised, `NotCarried` when another's did.
        """
        mine = _Member(work)
        with self._guard:
            self._gathered.append(mine)
            leads = not self._is_led
            self._is_led = True
        if not leads:
            mine.gate.acquire()
        if not mine.is_done:
            self._lead()
        elif mine.error is not None:
            raise NotCarried from mine.error

    def _lead(self) -> None:
        with self._guard:
            members, self._gathered = self._gathered, []
        error: BaseException | None = None
        try:
            self._carry([member.work for member in members])
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
                self._gathered[0].gate.release()
            else:
                self._is_led = False


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
