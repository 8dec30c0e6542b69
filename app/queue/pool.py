"""A pool of connections for threads, whose idle ones can be closed while others are in use."""

from __future__ import annotations

from queue import Empty
from typing import Any

import redis


class Pool(redis.BlockingConnectionPool):
    """A pool that closes only what no thread can take meanwhile.

    redis-py's lists the idle connections and then closes them. A thread that has taken one by then
    gets a `TypeError` from a socket that is gone, which nobody expects of a server that is away.
    """

    def disconnect(self, inuse_connections: bool = True) -> None:
        """Close the idle connections, and those in use as well unless told otherwise."""
        if inuse_connections:
            super().disconnect()
            return
        taken = self._take_idle()
        for connection in taken:
            if connection is not None:
                connection.disconnect()
        for connection in reversed(taken):  # the last one in is the first one out
            self.pool.put_nowait(connection)

    def _take_idle(self) -> list[Any]:
        """Take everything out of the pool; None stands for a connection that is yet to be made."""
        taken: list[Any] = []
        try:
            while True:
                taken.append(self.pool.get_nowait())
        except Empty:
            return taken
