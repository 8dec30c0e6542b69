"""A Redis with a replica, and a link between them that a test can make slow."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import redis

from scripts.system.embedded import Embedded
from scripts.system.valkey import Valkey
from tests.waiting import eventually


class LateLink:
    """Carries what a replica is told, `seconds` late; what is under way dies with the primary."""

    def __init__(self, target_port: int) -> None:
        self.seconds = 0.0
        self.port = 0
        self._target_port = target_port
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),))
        self._listens = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listens.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._listens.set()
            await self._stopping.wait()

    async def _serve(self, replica: asyncio.StreamReader, to_replica: asyncio.StreamWriter) -> None:
        try:
            primary, to_primary = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            to_replica.close()
            return
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.create_task(self._deliver(under_way, to_replica))
        answering = asyncio.create_task(self._answer(replica, to_primary))
        with suppress(OSError, asyncio.CancelledError):
            while data := await primary.read(65536):
                under_way.put_nowait((self._loop.time() + self.seconds, data))
        for task in (delivering, answering):
            task.cancel()
        for writer in (to_replica, to_primary):
            writer.close()

    async def _deliver(self, under_way: Any, to_replica: asyncio.StreamWriter) -> None:
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(due - self._loop.time())
            to_replica.write(data)
            await to_replica.drain()

    async def _answer(
        self, replica: asyncio.StreamReader, to_primary: asyncio.StreamWriter
    ) -> None:
        while data := await replica.read(65536):
            to_primary.write(data)


class Replicated(NamedTuple):
    """A primary and its replica, in step."""

    primary: Valkey
    replica: Valkey
    link: LateLink

    def promote(self) -> None:
        """Make the replica a primary, as Sentinel would."""
        with closing(redis.Redis.from_url(self.replica.url)) as client:
            client.replicaof("NO", "ONE")


@contextmanager
def replicated(program: Path | None = None) -> Iterator[Replicated]:
    """Both servers, running."""
    at_once = {"repl-diskless-sync-delay": "0"}
    with Embedded(postgres=False, valkey_settings=at_once, valkey_program=program) as first:
        url = urlsplit(first.redis_url)
        assert url.port
        with LateLink(url.port) as link:
            follows = {"replicaof": f"127.0.0.1 {link.port}", "masterauth": url.password or ""}
            with (
                Embedded(postgres=False, valkey_settings=follows, valkey_program=program) as second,
                closing(redis.Redis.from_url(second.redis_url)) as client,
            ):
                eventually(lambda: client.info("replication")["master_link_status"] == "up")
                yield Replicated(first.valkey, second.valkey, link)
