"""Refusal of captures that would have to wait too long, as ASGI middleware around their endpoint.

Reading and judging a lead is most of what a web process does. If all that arrives were begun at
once, a burst would keep the event loop busy for its whole length, and those that must be refused
would be told last. A refusal costs a fraction of a capture.
"""

from __future__ import annotations

import asyncio
import logging
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import Unavailable
from app.http.answers import request_id_of
from app.ingress.answers import send_reply
from app.ingress.cors import cors_headers
from app.ingress.form_answers import refusal
from app.ingress.head import read_head

log = logging.getLogger(__name__)

#: Captures in progress: at 0.2 ms of work each, a tenth of a second.
CAPTURES_MAX = 500
#: A capture whose body comes slowly, or whose caller waits, stops counting after this.
SLOW_SECONDS = 1.0
#: One line in the log tells of all refusals of this time.
TELL_SECONDS = 10.0


class LoadShedder:
    """Passes on requests while fewer than `captures_max` are in progress, refuses the others."""

    def __init__(self, app: ASGIApp, captures_max: int = CAPTURES_MAX) -> None:
        self._app = app
        self._captures_max = captures_max
        #: When each began, oldest first.
        self._in_progress: dict[int, float] = {}
        self._number = 0
        self._refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
        elif self._is_full():
            await self._refuse(scope, send)
        else:
            await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._number = number = self._number + 1
        self._in_progress[number] = time.monotonic()
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_progress.pop(number, None)

    def _is_full(self) -> bool:
        while len(self._in_progress) >= self._captures_max:
            oldest = next(iter(self._in_progress))
            if time.monotonic() - self._in_progress[oldest] < SLOW_SECONDS:
                return True
            del self._in_progress[oldest]
        return False

    async def _refuse(self, scope: Scope, send: Send) -> None:
        self._note_refusal()
        head = read_head(scope)
        request_id = request_id_of(head.request_id)
        error = Unavailable("Too many captures at once: try again in a few seconds")
        reply = refusal(head, error, request_id)
        reply.headers.extend(cors_headers(head.origin))
        await send_reply(send, reply, request_id)

    def _note_refusal(self) -> None:
        if not self._refused:
            asyncio.get_running_loop().call_later(TELL_SECONDS, self._tell)
        self._refused += 1

    def _tell(self) -> None:
        log.warning("capture.overload", extra={"refused": self._refused})
        self._refused = 0
