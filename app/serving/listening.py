"""Accepting connections, many at a time.

The event loop's own servers accept one connection in each turn. Turns are long and few under load,
so that connections would wait by the second, and the kernel drop what its queue cannot hold.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

#: Connections that the kernel holds for us until they are accepted; more are told to try again.
BACKLOG = 2048
#: Connections accepted in one turn, lest those that are open wait for long.
PER_TURN = 128
#: How long nothing is accepted when the process has no descriptor left.
PAUSE_SECONDS = 0.1


class Listener:
    """Accepts whoever connects to sockets and gives each a protocol."""

    def __init__(
        self, sockets: Sequence[socket.socket], make_protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        """Listen on bound sockets from now on, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._sockets = sockets
        self._make_protocol = make_protocol
        self._opening: set[asyncio.Task[object]] = set()
        self._pause: asyncio.TimerHandle | None = None
        for each in sockets:
            each.setblocking(False)
            each.listen(BACKLOG)
        self._watch()

    def stop(self) -> None:
        """Listen no more.

        To its client a connection is open before we accept it, and would be reset: the last ones
        are accepted here.
        """
        if self._pause is not None:
            self._pause.cancel()
        for each in self._sockets:
            self._loop.remove_reader(each)
            while self._accept(each):
                pass
            each.close()

    def _watch(self) -> None:
        for each in self._sockets:
            self._loop.add_reader(each, self._accept_some, each)

    def _accept_some(self, listening: socket.socket) -> None:
        for _ in range(PER_TURN):
            if not self._accept(listening):
                return

    def _accept(self, listening: socket.socket) -> bool:
        """Accept one connection; False when there is none."""
        try:
            client, _ = listening.accept()
        except (BlockingIOError, InterruptedError):
            return False
        except ConnectionError:
            return True  # gone already
        except OSError as error:
            self._rest(error)
            return False
        task = self._loop.create_task(
            self._loop.connect_accepted_socket(self._make_protocol, client)
        )
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return True

    def _rest(self, error: OSError) -> None:
        """Without descriptors the connections wait in the kernel until some are free again."""
        log.warning("listening.paused", extra={"error": str(error)})
        for each in self._sockets:
            self._loop.remove_reader(each)
        self._pause = self._loop.call_later(PAUSE_SECONDS, self._watch)
