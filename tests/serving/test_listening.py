"""Connections are accepted many at a time, to the last one, and wait when there is no room."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar, cast

import pytest
import uvloop

from app.serving import listening
from app.serving.descriptors import OTHERS, make_room
from app.serving.listening import Listener

T = TypeVar("T")
PATIENCE_SECONDS = 10.0


class Greeting(asyncio.Protocol):
    """Says hello and hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        open_transport = cast("asyncio.Transport", transport)
        open_transport.write(b"hello")
        open_transport.close()


def run(scenario: Callable[[], Awaitable[T]]) -> T:
    """On the event loop that the product uses."""

    async def limited() -> T:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await scenario()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(limited())


@pytest.fixture
def bound() -> Iterator[socket.socket]:
    """A socket that listens and that nobody accepts from yet."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:
        yield listener


def connect(to: socket.socket) -> socket.socket:
    client = socket.create_connection(to.getsockname(), timeout=PATIENCE_SECONDS)
    client.setblocking(False)
    return client


async def heard(client: socket.socket) -> bytes:
    with client:
        return await asyncio.get_running_loop().sock_recv(client, 100)


def test_a_hundred_connections_are_accepted_in_one_turn_of_the_loop(bound: socket.socket) -> None:
    accepted_in: list[int] = []

    async def scenario() -> list[bytes]:
        loop = asyncio.get_running_loop()
        turn = 0

        def count_turns() -> None:
            nonlocal turn
            turn += 1
            if len(accepted_in) < 100:
                loop.call_soon(count_turns)

        def make() -> Greeting:
            accepted_in.append(turn)
            return Greeting()

        clients = [connect(bound) for _ in range(100)]
        listener = Listener([bound], make)
        loop.call_soon(count_turns)
        told = await asyncio.gather(*map(heard, clients))
        listener.stop()
        return list(told)

    assert set(run(scenario)) == {b"hello"}
    assert max(accepted_in) - min(accepted_in) <= 1


def test_whoever_has_connected_when_listening_ends_is_served(bound: socket.socket) -> None:
    async def scenario() -> list[bytes]:
        listener = Listener([bound], Greeting)
        clients = [connect(bound) for _ in range(200)]
        listener.stop()  # no turn of the loop has passed
        return list(await asyncio.gather(*map(heard, clients)))

    assert set(run(scenario)) == {b"hello"}
    assert bound.fileno() == -1


def test_without_descriptors_connections_wait_until_there_are_some(
    bound: socket.socket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listening, "PAUSE_SECONDS", 0.01)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def scenario() -> bytes:
        listener = Listener([bound], Greeting)
        client = connect(bound)
        resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno(), hard))
        try:
            while "listening.paused" not in caplog.messages:
                await asyncio.sleep(0.001)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        told = await heard(client)
        listener.stop()
        return told

    assert run(scenario) == b"hello"


def test_the_limit_of_descriptors_is_raised_as_far_as_connections_need() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
        assert make_room(600) == 600
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (600 + OTHERS, hard)
        assert make_room(100) == 100
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (600 + OTHERS, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
