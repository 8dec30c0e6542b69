"""A process that ends to listen goes on serving the connections that it has accepted."""

from __future__ import annotations

import select
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from app.http.listening import hold_connections, stop_listening

PATIENCE_SECONDS = 30.0


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)


def port_of(server: socket.socket) -> int:
    return int(server.getsockname()[1])


def test_new_connections_are_refused_and_accepted_ones_live_on(server: socket.socket) -> None:
    port = port_of(server)
    with connect(port) as client, server.accept()[0] as accepted:
        stop_listening(port)

        with pytest.raises(ConnectionRefusedError):
            connect(port)
        client.sendall(b"still here?")
        assert accepted.recv(100) == b"still here?"
        accepted.sendall(b"yes")
        assert client.recv(100) == b"yes"


def test_a_connection_in_the_queue_is_left_to_the_server_first(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.http.listening.DRAIN_SECONDS", PATIENCE_SECONDS)
    port = port_of(server)
    with connect(port) as client:
        ending = threading.Thread(target=stop_listening, args=(port,))
        ending.start()
        accepted, _ = server.accept()
        ending.join(PATIENCE_SECONDS)
        with closing(accepted):
            accepted.sendall(b"welcome")
            assert client.recv(100) == b"welcome"
    with pytest.raises(ConnectionRefusedError):
        connect(port)


def test_a_server_that_accepts_nothing_does_not_hold_up_the_end(server: socket.socket) -> None:
    port = port_of(server)
    with connect(port):
        stop_listening(port)

    with pytest.raises(ConnectionRefusedError):
        connect(port)


def test_other_ports_are_left_alone(server: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        stop_listening(port_of(server))

        with connect(port_of(other)):
            assert select.select([other], [], [], PATIENCE_SECONDS)[0] == [other]


def test_no_descriptor_is_left_open(server: socket.socket) -> None:
    before = len([*Path("/dev/fd").iterdir()])
    stop_listening(port_of(server))

    assert len([*Path("/dev/fd").iterdir()]) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can hold connections")
def test_whoever_connects_while_connections_are_held_reaches_the_next_process() -> None:
    with ExitStack() as opened:
        ending = socket.create_server(("127.0.0.1", 0), reuse_port=True)
        begun = opened.enter_context(connect(port_of(ending)))
        hold_connections(port_of(ending))
        following = socket.create_server(ending.getsockname(), reuse_port=True)
        opened.enter_context(following)
        clients = [opened.enter_context(socket.socket()) for _ in range(32)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(following.getsockname())

        accepted = opened.enter_context(ending.accept()[0])
        accepted.sendall(b"you had begun")
        assert begun.recv(100) == b"you had begun"
        assert select.select([ending], [], [], 0)[0] == []  # it could be closed at any time
        ending.close()
        for _ in clients:
            opened.enter_context(following.accept()[0])
