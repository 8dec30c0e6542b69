"""Whether one webhook has something due, and when it is looked at."""

from __future__ import annotations

#: A webhook that must wait is looked at again this soon when something new becomes due: what it
#: waits for may be over early.
LOOK_AGAIN_SECONDS = 0.5


class DueTime:
    """Used by the engine's loop alone. Times are monotonic seconds."""

    def __init__(self) -> None:
        self.is_due = False
        #: When a claim was made last.
        self.asked_at = 0.0
        self._wake_at = 0.0
        #: Told so since the last transaction began.
        self._noted = False

    def note(self, now: float) -> None:
        """Something may be due."""
        self.is_due = self._noted = True
        self._wake_at = min(self._wake_at, max(now, self.asked_at + LOOK_AGAIN_SECONDS))

    def is_now(self, now: float) -> bool:
        """Whether something may be due, and does not have to wait."""
        return self.is_due and now >= self._wake_at

    def wakes_at(self, now: float) -> float | None:
        """When its wait is over; None if it does not wait for a time."""
        return self._wake_at if self.is_due and self._wake_at > now else None

    def begin(self, now: float, *, claims: bool) -> None:
        """A transaction begins."""
        self._noted = False
        if claims:
            self.asked_at = now

    def end(self, now: float, *, more: bool, wait_seconds: float) -> None:
        """A claim was made; `more` may be due, after a wait."""
        self.is_due = more
        self._wake_at = now + wait_seconds
        if self._noted:  # it may have been too late for this transaction to see it
            self.note(now)
