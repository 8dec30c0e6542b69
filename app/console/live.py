"""Live pages: server-sent events say that something has changed; the page then fetches it.

However many browsers listen, a process polls PostgreSQL once a second, and not at all while none
listens. The transactions that record leads are not involved.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping

from starlette.concurrency import run_in_threadpool

from app.console.visit import Visit
from app.domain.errors import StorageUnavailable
from app.storage.database import Database, transaction
from app.storage.lead import lead_changes

log = logging.getLogger(__name__)

#: Between two looks.
LOOK_SECONDS = 1.0
#: A line at least so often, so that proxies keep the connection and a browser that left is noticed.
KEEP_ALIVE_SECONDS = 15.0
#: How long one stream lasts; the browser opens another one.
STREAM_SECONDS = 600.0
#: Streams of one process, and of one user in it.
STREAMS_MAX = 200
STREAMS_OF_USER_MAX = 20

Look = Callable[[list[str]], Mapping[str, str]]
_CHANGED, _KEEP_ALIVE = b"data: changed\n\n", b": still here\n\n"


class LiveChanges:
    """Tells listeners that their topic has changed: the id of an org, or one of its events."""

    def __init__(self, look: Look) -> None:
        """`look`: see `look_at`."""
        self._look = look
        #: Who listens to a topic, and the fingerprint that each of them was told of.
        self._listeners: defaultdict[str, dict[asyncio.Event, str | None]] = defaultdict(dict)
        self._streams_by_user: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None

    def has_room_for(self, user_id: str) -> bool:
        """Whether a user may open one more stream."""
        its, all_ = self._streams_by_user[user_id], self._streams_by_user.total()
        return its < STREAMS_OF_USER_MAX and all_ < STREAMS_MAX

    async def stream(
        self, topic: str, user_id: str, stopping: asyncio.Event
    ) -> AsyncGenerator[bytes]:
        """The lines of one user's stream, until the process is told to stop or time is up.

        The first look counts as a change: something may have happened since the page was made.
        """
        changed, loop = asyncio.Event(), asyncio.get_running_loop()
        self._listeners[topic][changed] = None
        self._streams_by_user[user_id] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        try:
            deadline = loop.time() + STREAM_SECONDS
            yield b"retry: 2000\n\n"
            while not stopping.is_set() and loop.time() < deadline:
                await _first_of(changed, stopping)
                yield _CHANGED if changed.is_set() else _KEEP_ALIVE
                changed.clear()
        finally:
            del self._listeners[topic][changed]
            if not self._listeners[topic]:
                del self._listeners[topic]
            self._streams_by_user.subtract([user_id])
            self._streams_by_user += Counter()  # drops those without a stream

    async def _watch(self) -> None:
        while self._listeners:
            topics = list(self._listeners)
            try:
                found = await run_in_threadpool(self._look, topics)
            except StorageUnavailable:
                found = {}  # whatever changed meanwhile is found later
            except Exception:
                log.exception("console.live_failed")
                found = {}
            for topic, fingerprint in found.items():
                self._tell(topic, fingerprint)
            await asyncio.sleep(LOOK_SECONDS)

    def _tell(self, topic: str, fingerprint: str) -> None:
        listeners = self._listeners.get(topic, {})
        for changed, known in listeners.items():
            if known != fingerprint:
                listeners[changed] = fingerprint
                changed.set()


def topic_of_event(org_id: str, event_id: str) -> str:
    """What to listen to for the deliveries of an org's event."""
    return f"{org_id}/{event_id}"


def event_in_path(visit: Visit) -> str:
    """The topic of the event that a path names. Raises `NotFound`."""
    return topic_of_event(visit.org.id, visit.id_in_path("evt", "Event"))


def look_at(database: Database, topics: list[str]) -> dict[str, str]:
    """For each topic a value that differs once the topic has changed."""
    orgs = [topic for topic in topics if "/" not in topic]
    events = [topic for topic in topics if "/" in topic]
    with transaction(database) as cursor:
        return lead_changes.fingerprints(cursor, orgs, events)


async def _first_of(*events: asyncio.Event) -> None:
    """Wait until one of them is set, or a keep-alive is due."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
