"""uvicorn's server with listening of our own and a stop that cuts nobody off.

uvicorn closes idle kept connections as soon as it is told to stop, and a client whose next request
is under way then sees a reset. Ours stops in four steps:

1. For `GRACE_SECONDS` it serves as before, but `/readyz` says 503 and every answer says
   `Connection: close`: load balancers send their requests elsewhere, clients of kept connections
   hang up by themselves.
2. It accepts whoever has connected and closes the listening sockets.
3. For `LAST_REQUESTS_SECONDS`, or until nobody is connected, it answers them.
4. uvicorn's own stop: idle connections are closed, requests under way are finished.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable

import uvicorn

from app.http.stopping import mark_stopping
from app.serving.listening import Listener

#: Long enough for a kept connection in use to have one more request.
GRACE_SECONDS = 1.5
#: For the first request of a connection that was accepted last.
LAST_REQUESTS_SECONDS = 0.5
_CLOSE = (b"connection", b"close")
_LOOK_SECONDS = 0.05


class Server(uvicorn.Server):
    """Serves until SIGTERM or SIGINT; a second SIGINT ends it at once."""

    _listener: Listener

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then listen on these bound sockets."""
        await super().startup(sockets=[])
        _spare_the_collector()
        self._listener = Listener(sockets or [], self._make_protocol)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop in the four steps."""
        self._announce()
        await self._serve_on(GRACE_SECONDS, lambda: False)
        self._listener.stop()
        await self._serve_on(LAST_REQUESTS_SECONDS, lambda: not self.server_state.connections)
        await super().shutdown()

    def _announce(self) -> None:
        mark_stopping(self.lifespan.state)
        # In place: requests under way hold the same list.
        self.server_state.default_headers.append(_CLOSE)

    async def _serve_on(self, seconds: float, is_enough: Callable[[], bool]) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        while not self.force_exit and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
            if is_enough():
                return

    def _make_protocol(self) -> asyncio.Protocol:
        kind = self.config.http_protocol_class
        return kind(self.config, self.server_state, self.lifespan.state)  # type: ignore[call-arg]


def _spare_the_collector() -> None:
    """Look for garbage in cycles seldom, and never in what is there by now.

    A request leaves none behind, so looking costs a tenth of a capture, and under load, when there
    are many connections to look through, the event loop 50 ms at a time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
