"""Ending to listen without ending to serve, which no option of the server does.

First `hold_connections`, so that none is begun any more; then, when those that had begun are
through, `stop_listening`. A connection that reached the socket between the last look into its queue
and its end would be reset.
"""

from __future__ import annotations

import ctypes
import os
import select
import socket
import stat
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: The descriptors of this process (Linux, macOS).
_OPEN = Path("/dev/fd")
#: How long a server that has no room for more connections is waited for.
DRAIN_SECONDS = 1.0

#: Of Linux, on x86 and ARM; the socket module does not name it.
_SO_ATTACH_FILTER = 26
#: Drops the packets that begin a connection: of the flags (byte 13 of a TCP header) SYN is set, and
#: ACK is not. An instruction is its code, where to jump if true and if false, and a constant.
_DROP_BEGINNINGS = (
    (0x30, 0, 0, 13),  # load the byte
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone: go on; else skip one
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # accept
)


def hold_connections(port: int) -> None:
    """Let no connection begin to a port that this process listens on; those begun go on.

    A client tries again by itself, at first after a second: by then another process listens, or
    nobody does. On systems other than Linux nothing is held.
    """
    program = ctypes.create_string_buffer(
        b"".join(struct.pack("HBBI", *instruction) for instruction in _DROP_BEGINNINGS)
    )
    attached = struct.pack("HP", len(_DROP_BEGINNINGS), ctypes.addressof(program))
    for descriptor in list(_open_sockets()):
        with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy:
            if sys.platform == "linux" and _listens(copy, port):
                copy.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, attached)


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
