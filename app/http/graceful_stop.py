"""A stop of a web worker that cuts nobody off, as ASGI middleware around the application.

The server closes idle connections as soon as it stops, new ones that have not sent their request
yet among them, and their clients see a reset. So SIGTERM does not reach it at once:

1. For `GRACE_SECONDS` the worker serves as before, but `/readyz` says 503 and every answer says
   `Connection: close`: load balancers send their requests elsewhere, and clients hang up by
   themselves.
2. For `HANDSHAKES_SECONDS` no connection begins, and those that had begun are accepted.
3. It stops listening.
4. For `LAST_REQUESTS_SECONDS` it answers the connections that it accepted last.
5. SIGINT, which the server takes for its own stop: it finishes the requests under way and closes
   the connections that are idle.
"""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.listening import hold_connections, stop_listening

#: Long enough for a kept connection in use to have one more request.
GRACE_SECONDS = 1.5
#: Longer than a round trip to any client.
HANDSHAKES_SECONDS = 0.4
#: For the first request of a connection that was accepted last.
LAST_REQUESTS_SECONDS = 1.0

#: The server copies the state of the lifespan into every request.
_KEY, _EVENT = "stopping", "stop_event"


class GracefulStop:
    """The application of a worker process, which must run in the main thread."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port
        self._stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or run the application's lifespan."""
        if scope["type"] == "lifespan":
            loop = asyncio.get_running_loop()
            scope["state"][_EVENT] = asyncio.Event()
            loop.add_signal_handler(signal.SIGTERM, self._begin, scope["state"])
        elif self._stopping:
            send = _closing(send)
        await self._app(scope, receive, send)

    def _begin(self, state: dict[str, Any]) -> None:
        if self._stopping:
            return
        self._stopping = state[_KEY] = True
        state[_EVENT].set()
        loop = asyncio.get_running_loop()
        loop.call_later(GRACE_SECONDS, hold_connections, self._port)
        listening_seconds = GRACE_SECONDS + HANDSHAKES_SECONDS
        loop.call_later(listening_seconds, stop_listening, self._port)
        end_seconds = listening_seconds + LAST_REQUESTS_SECONDS
        loop.call_later(end_seconds, signal.raise_signal, signal.SIGINT)


def is_stopping(scope: Scope) -> bool:
    """Whether the request came after its process was told to stop."""
    return _KEY in scope.get("state", ())


def stop_event(scope: Scope) -> asyncio.Event:
    """What is set when the process is told to stop: an answer without an end has to end then."""
    found = scope.get("state", {}).get(_EVENT)
    return found if isinstance(found, asyncio.Event) else asyncio.Event()


def _closing(send: Send) -> Send:
    """A `send` whose answer ends its connection."""

    async def send_and_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return send_and_close
