"""Which of several servers a process uses, for the log and /readyz."""

from __future__ import annotations

import logging
import threading
from functools import cache

log = logging.getLogger(__name__)


class ServerInUse:
    """What this process was connected to last; thread-safe."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._lock = threading.Lock()
        #: host:port, or the path of a socket; empty before the first connection.
        self.address = ""

    def note(self, address: str) -> None:
        """A connection leads to this server. Says in the log that it is another than before."""
        if address == self.address:
            return
        with self._lock:
            before, self.address = self.address, address
        if before and before != address:
            extra = {"in_use": address, "before": before}
            log.warning(f"{self._server}.server_changed", extra=extra)


def host_and_port(host: str, port: int | str) -> str:
    """The two as one text."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@cache
def server_in_use(server: str, url: str) -> ServerInUse:
    """What this process knows of the servers at `url`; `server`: redis or database."""
    return ServerInUse(server)
