"""TCP ports on this machine's loopback."""

from __future__ import annotations

import errno
import secrets
import socket

LOOPBACK = "127.0.0.1"


#: Below the ports that Linux and macOS give to outgoing connections: one of those may take a
#: server's port while the server is being started again.
_CHOICE = range(20_000, 32_000)


def free_port() -> int:
    """A port that nobody listens on now. Another process may take it before its user does."""
    while not is_free(port := secrets.choice(_CHOICE)):
        pass
    return port


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on now."""
    while True:
        first = free_port()
        if all(is_free(port) for port in range(first, first + count)):
            return first


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on this port. Raises OSError for a host that is not ours."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family) as probe:
        # As servers do: connections of an earlier run that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                return False
            raise
    return True
