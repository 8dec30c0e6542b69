"""Ending to listen without ending to serve, which no option of the server does."""

from __future__ import annotations

import os
import select
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: The descriptors of this process (Linux, macOS).
_OPEN = Path("/dev/fd")
#: How long a server that has no room for more connections is waited for.
DRAIN_SECONDS = 1.0


def stop_listening(port: int) -> None:
    """Refuse connections to a port that this process listens on; those it has accepted live on.

    The server goes on waiting for connections at a socket to which nobody can connect: its
    descriptor now stands for another one. The listening socket is closed by that, and connections
    that are still in its queue would be reset, so this waits until the server has taken them.
    """
    for descriptor in list(_open_sockets()):
        with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy:
            if not _listens(copy, port):
                continue
            deadline = time.monotonic() + DRAIN_SECONDS
            while time.monotonic() < deadline and select.select([copy], [], [], 0)[0]:
                time.sleep(0.001)  # the server's own threads accept; they need the processor
            with socket.socket() as unconnected:
                os.dup2(unconnected.fileno(), descriptor, inheritable=False)


def _open_sockets() -> Iterator[int]:
    for entry in list(_OPEN.iterdir()):
        with suppress(OSError):  # of the listing itself, which is closed by now
            if stat.S_ISSOCK(os.fstat(int(entry.name)).st_mode):
                yield int(entry.name)


def _listens(sock: socket.socket, port: int) -> bool:
    return (
        sock.family in (socket.AF_INET, socket.AF_INET6)
        and sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        and sock.getsockname()[1] == port
    )
