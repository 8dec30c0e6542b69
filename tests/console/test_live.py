"""Live pages: who listens is told of changes, by one look a second for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from app.console import live
from app.console.live import LiveChanges, look_at, topic_of_event
from app.domain.times import now
from app.storage.database import Database, open_database, transaction
from app.storage.recording import record
from tests.factories import make_capture, make_org, make_webhook

PATIENCE_SECONDS = 60.0


class Counting:
    """Looks, and counts."""

    def __init__(self, database_url: str) -> None:
        self.looks = 0
        self._database = open_database(database_url, pool_size=2)

    def __call__(self, topics: list[str]) -> dict[str, str]:
        self.looks += 1
        return look_at(self._database, topics)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(live, "KEEP_ALIVE_SECONDS", 0.5)


async def next_change(stream: AsyncIterator[bytes]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for line in stream:
            if line.startswith(b"data:"):
                return
    raise AssertionError("the stream ended")


def test_all_who_listen_are_told_by_the_same_look(database_url: str, database: Database) -> None:
    org, other = make_org(database), make_org(database, "other")

    async def scenario() -> None:
        look = Counting(database_url)
        changes = LiveChanges(look)
        stopping = asyncio.Event()
        streams = [changes.stream(org.id, "usr_1", stopping) for _ in range(5)]
        foreign = changes.stream(other.id, "usr_2", stopping)
        for stream in (*streams, foreign):
            assert await anext(stream) == b"retry: 2000\n\n"
            await next_change(stream)  # of before it listened
        waiting = [asyncio.create_task(next_change(stream)) for stream in streams]
        strangers = asyncio.create_task(next_change(foreign))
        with transaction(database) as cursor:
            record(cursor, [make_capture(org)], now())
        started_at = look.looks
        await asyncio.gather(*waiting)
        assert look.looks - started_at < 5 * len(streams)
        assert not strangers.done()

        stopping.set()
        with pytest.raises(AssertionError, match="the stream ended"):
            await strangers
        for stream in streams:
            assert [line async for line in stream if line.startswith(b"data:")] == []

    asyncio.run(scenario())


def test_one_user_cannot_take_the_streams_of_all(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "STREAMS_OF_USER_MAX", 2)
    monkeypatch.setattr(live, "STREAMS_MAX", 3)
    org = make_org(database)

    async def scenario() -> None:
        changes = LiveChanges(Counting(database_url))
        stopping = asyncio.Event()

        async def open_stream(user_id: str) -> AsyncGenerator[bytes]:
            assert changes.has_room_for(user_id)
            stream = changes.stream(org.id, user_id, stopping)
            await anext(stream)
            return stream

        first, second = await open_stream("usr_1"), await open_stream("usr_1")
        assert not changes.has_room_for("usr_1")
        other = await open_stream("usr_2")
        assert not changes.has_room_for("usr_2")  # the process has as many as it takes
        await first.aclose()
        assert changes.has_room_for("usr_1")
        for stream in (second, other):
            await stream.aclose()
        assert changes.has_room_for("usr_2")

    asyncio.run(scenario())


def test_an_event_is_watched_by_its_own_org_alone(database_url: str, database: Database) -> None:
    org, other = make_org(database), make_org(database, "other")
    make_webhook(database, org)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org)], now())
        cursor.execute("SELECT id FROM events")
        ((event_id,),) = cursor.fetchall()
    own, foreign = topic_of_event(org.id, event_id), topic_of_event(other.id, event_id)
    assert look_at(database, [own, foreign]).keys() == {own}


def test_nobody_is_asked_while_nobody_listens(database_url: str, database: Database) -> None:
    org = make_org(database)

    async def scenario() -> None:
        look = Counting(database_url)
        changes = LiveChanges(look)
        stopping = asyncio.Event()
        stopping.set()
        async for _ in changes.stream(org.id, "usr_1", stopping):
            pass
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0.01)
        assert look.looks <= 1

    asyncio.run(scenario())
