"""What one process holds of one queue, and what it has yet to tell Redis about it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple

from app.queue.brake import Brake

#: No more is fetched while so many finished messages wait for Redis to hear of it.
MOST_UNSETTLED = 2_000


class Settlement(NamedTuple):
    """Finished messages that Redis does not know of yet."""

    done: list[bytes]
    failed: list[bytes]


class InFlight:
    """The ids between a fetch and the answer to their settlement. Thread-safe.

    `busy`: fetched, queued or running. `pending`: finished, Redis to be told; True if failed.
    `telling`: being told now. What Redis books to this process and none of these names is a stray.
    """

    def __init__(self) -> None:
        #: Held while Redis is asked for messages or told what is held: a reply on its way must
        #: not be taken for a stray.
        self.fetching = threading.Lock()
        self.brake = Brake()
        self._changed = threading.Condition()
        self._busy: set[bytes] = set()
        self._pending: dict[bytes, bool] = {}
        self._telling: dict[bytes, bool] = {}

    def take(self, ids: Iterable[bytes]) -> None:
        """These were fetched."""
        with self._changed:
            self._busy.update(ids)

    def drop(self, ids: Iterable[bytes]) -> None:
        """These are no longer ours."""
        with self._changed:
            self._busy.difference_update(ids)
            self._changed.notify_all()

    def finish(self, redis_id: bytes, *, failed: bool) -> None:
        """This one has run."""
        with self._changed:
            self._busy.discard(redis_id)
            self._pending[redis_id] = failed
            self._changed.notify_all()
        self.brake.record(redis_id, failed=failed)

    def held(self) -> list[bytes]:
        """Every id that this process answers for."""
        with self._changed:
            return [*self._busy, *self._pending, *self._telling]

    def wait_for_room(self, prefetch: int, timeout_seconds: float, least: int = 1) -> int:
        """Wait until `least` more may be fetched; how many may then, 0 if none.

        `prefetch` may be busy at a time. When the time is over any room will do.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._room(prefetch) >= least, timeout_seconds)
            return max(0, self._room(prefetch))

    def wait_for_change(self, timeout_seconds: float) -> None:
        """Wait until a message has run or was given back."""
        with self._changed:
            self._changed.wait(timeout_seconds)

    def _room(self, prefetch: int) -> int:
        if len(self._pending) + len(self._telling) >= MOST_UNSETTLED:
            return 0
        return prefetch - len(self._busy)

    def has_news(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self._pending)

    def begin_telling(self) -> Settlement:
        """What Redis has to be told now. One teller at a time; ends with `told` or `not_told`."""
        with self._changed:
            self._telling, self._pending = self._pending, {}
            done = [redis_id for redis_id, failed in self._telling.items() if not failed]
            failed = [redis_id for redis_id, failed in self._telling.items() if failed]
        return Settlement(done, failed)

    def told(self) -> None:
        """Redis knows."""
        with self._changed:
            self._telling = {}
            self._changed.notify_all()

    def not_told(self) -> None:
        """Redis may not know; tell it again later."""
        with self._changed:
            self._pending, self._telling = {**self._telling, **self._pending}, {}
