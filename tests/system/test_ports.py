from __future__ import annotations

import socket

from scripts.system.ports import LOOPBACK, free_port, is_free


def test_a_free_port_is_below_those_of_outgoing_connections() -> None:
    assert all(free_port() < 32_768 for _ in range(50))


def test_a_port_with_a_listener_is_not_free() -> None:
    with socket.create_server((LOOPBACK, free_port())) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)


def test_a_port_whose_connections_are_still_closing_is_free() -> None:
    with (
        socket.create_server((LOOPBACK, free_port())) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        port = server.getsockname()[1]
        accepted, _ = server.accept()
        accepted.close()  # closing first leaves this side of the connection waiting
        assert client.recv(1) == b""
    assert is_free(port)
