"""Takes messages of one queue out of Redis for one worker process.

The life of its thread, round by round:

1. The process is stopping? Give back what is left, take nothing more.
2. Prefetched messages left? Give out the next one.
3. Prefetch full? Wait, locally, until some messages have run: as many as the threads can spare,
   so that one round trip fetches them all.
4. Queue empty? Block on its wake list, a second at most, and then fetch; else fetch at once.

Every few seconds, and after every trouble, it puts back the strays: messages that Redis booked to
this process in a reply that never arrived. Trouble with Redis is never raised to dramatiq, which
would drop what is in memory and sleep for three seconds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from dramatiq import Consumer, MessageProxy
from redis.exceptions import RedisError

from app.queue.commands import MOST_PER_CALL, Commands, Fetched
from app.queue.in_flight import InFlight
from app.queue.messages import Job, JobReader, readable
from app.queue.outage import Backoff, Outage

logger = logging.getLogger(__name__)

#: The longest wait of any kind, and so the time in which a consumer notices that it must stop.
#: Far below the socket's timeout.
BLOCK_SECONDS = 1.0

SECONDS_BETWEEN_RECONCILIATIONS = 5.0


class WakingConsumer(Consumer):
    """The iterator that a dramatiq consumer thread reads; its connection is its own."""

    def __init__(
        self,
        queue: str,
        prefetch: int,
        *,
        least: int,
        commands: Commands,
        in_flight: InFlight,
        reader: JobReader,
        outage: Outage,
        stopping: threading.Event,
        on_finish: Callable[[], None],
        give_back: Callable[[str, Sequence[bytes]], None],
    ) -> None:
        self._queue = queue
        self._prefetch = prefetch
        self._least = least
        self._commands = commands
        self._in_flight = in_flight
        self._reader = reader
        self._outage = outage
        self._stopping = stopping
        self._on_finish = on_finish
        self._give_back = give_back
        self._fetched: deque[tuple[bytes, bytes]] = deque()
        self._may_have_more = True
        self._backoff = Backoff()
        self._reconcile_at = time.monotonic()

    def __next__(self) -> Job | None:
        """Give the next job, or None after a wait of about a second without one."""
        try:
            if not self._fetched and not self._stopping.is_set():
                self._put_back_strays_when_due()
                self._refill()
            if self._stopping.is_set():
                self._give_back_fetched()
                self._in_flight.wait_for_change(BLOCK_SECONDS / 10)
        except (RedisError, OSError) as error:
            self._recover_from(error)
        return self._next_fetched()

    def _next_fetched(self) -> Job | None:
        if not self._fetched:
            return None
        redis_id, payload = self._fetched.popleft()
        return self._reader.read(self._queue, redis_id, payload)

    def _refill(self) -> None:
        room = self._wait_for_room()
        if room and not self._stopping.is_set():
            self._fetch(min(room, MOST_PER_CALL))

    def _wait_for_room(self) -> int:
        pause = self._in_flight.brake.pause_seconds()
        if pause:
            self._stopping.wait(pause)
            return self._in_flight.wait_for_room(1, BLOCK_SECONDS)
        return self._in_flight.wait_for_room(self._prefetch, BLOCK_SECONDS, self._least)

    def _fetch(self, room: int) -> None:
        with self._in_flight.fetching:
            if self._may_have_more:
                messages = self._commands.fetch(self._queue, room)
            else:
                messages = self._commands.wait_and_fetch(self._queue, room, BLOCK_SECONDS)
            usable = [(one.redis_id, one.payload) for one in messages if one.payload is not None]
            self._in_flight.take(redis_id for redis_id, _ in usable)
        self._fetched.extend(usable)
        # A message that comes after a short fetch leaves a token: blocking misses nothing.
        self._may_have_more = len(messages) == room
        self._outage.worked()
        self._backoff.reset()
        _log_dropped(self._queue, messages)

    def _put_back_strays_when_due(self) -> None:
        if time.monotonic() < self._reconcile_at:
            return
        with self._in_flight.fetching:
            strays = self._commands.reconcile(self._queue, self._in_flight.held())
        self._reconcile_at = time.monotonic() + SECONDS_BETWEEN_RECONCILIATIONS
        if strays:
            self._may_have_more = True
            logger.warning("queue.strays_put_back", extra={"queue": self._queue, "count": strays})

    def _recover_from(self, error: BaseException) -> None:
        self._outage.failed(error)
        self._commands.hang_up()
        self._may_have_more = True
        self._reconcile_at = time.monotonic()
        self._stopping.wait(self._backoff.next_seconds())

    def ack(self, message: MessageProxy) -> None:
        """Note that the message is done; Redis hears of it a moment later."""
        self._finish(message, failed=False)

    def nack(self, message: MessageProxy) -> None:
        """Note that the message failed; it will rest and run again."""
        self._finish(message, failed=True)

    def _finish(self, message: MessageProxy, *, failed: bool) -> None:
        assert isinstance(message, Job)
        self._in_flight.finish(message.redis_id, failed=failed)
        self._on_finish()

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Return messages that have not run to the head of the queue."""
        ids = [message.redis_id for message in messages if isinstance(message, Job)]
        if ids:
            self._give_back(self._queue, ids)

    def close(self) -> None:
        """Return what was fetched and not given out, and hang up."""
        self._give_back_fetched()
        self._commands.hang_up()

    def _give_back_fetched(self) -> None:
        ids = [redis_id for redis_id, _ in self._fetched]
        self._fetched.clear()
        if ids:
            self._give_back(self._queue, ids)


def _log_dropped(queue: str, messages: Iterable[Fetched]) -> None:
    for redis_id in (one.redis_id for one in messages if one.payload is None):
        logger.info("queue.done_message_dropped", extra={"queue": queue, "id": readable(redis_id)})
