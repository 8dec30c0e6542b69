"""Connects to the first of several addresses that accepts (RFC 8305, "happy eyeballs").

The next address is tried when one has failed or has been silent for a moment, without giving up on
those before it. The libraries for this either run under asyncio or resolve the name themselves,
while here the addresses have been resolved and judged.
"""

from __future__ import annotations

import errno
import os
import select
import socket
from collections import deque
from collections.abc import Sequence
from time import monotonic

from app.domain.webhook.reachability import Address

#: How long an address has the attempt to itself.
STAGGER_SECONDS = 0.25
#: Connections under way at once for one attempt: beyond it, the oldest is given up.
RACING_MAX = 4


class Race:
    """One attempt's connections, over by `ends_at` (monotonic seconds)."""

    def __init__(self, addresses: Sequence[Address], port: int, ends_at: float) -> None:
        self._waiting = deque(addresses)
        self._port = port
        self._ends_at = ends_at
        # All addresses get their turn in time.
        fair = (ends_at - monotonic()) / (len(addresses) + 1)
        self._stagger = max(0.0, min(STAGGER_SECONDS, fair))
        self._racing: dict[int, tuple[Address, socket.socket]] = {}
        self._poll = select.poll()
        self._failure: OSError | None = None
        #: The one that accepted, or whose failure was raised.
        self.address = addresses[0]

    def run(self) -> socket.socket:
        """The connected socket, non-blocking; raises OSError, the last one if all have failed."""
        try:
            while (self._waiting or self._racing) and monotonic() < self._ends_at:
                self._start_next()
                if (won := self._wait()) is not None:
                    return won
            raise self._failure or TimeoutError("no address accepted in time")
        finally:
            while self._racing:
                self._take(next(iter(self._racing))).close()

    def _start_next(self) -> None:
        if not self._waiting:
            return
        if len(self._racing) == RACING_MAX:
            self._take(next(iter(self._racing))).close()
        address = self._waiting.popleft()
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        try:
            sock = socket.socket(family)
        except OSError as error:  # there may be none left for us
            self._fail(address, error)
            return
        sock.setblocking(False)
        code = sock.connect_ex((str(address), self._port))
        if code in (0, errno.EINPROGRESS):
            self._racing[sock.fileno()] = address, sock
            self._poll.register(sock.fileno(), select.POLLOUT)
        else:
            sock.close()
            self._fail(address, OSError(code, os.strerror(code)))

    def _wait(self) -> socket.socket | None:
        """The first that is connected before the next address has its turn."""
        until = min(self._ends_at, monotonic() + self._stagger) if self._waiting else self._ends_at
        if not self._racing:
            return None
        for number, _ in self._poll.poll(max(0.0, 1000 * (until - monotonic()))):
            address = self._racing[number][0]
            sock = self._take(number)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not code:
                self.address = address
                return sock
            sock.close()
            self._fail(address, OSError(code, os.strerror(code)))
        return None

    def _take(self, number: int) -> socket.socket:
        self._poll.unregister(number)
        return self._racing.pop(number)[1]

    def _fail(self, address: Address, failure: OSError) -> None:
        self.address, self._failure = address, failure
