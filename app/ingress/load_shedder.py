"""An admission queue for captures: ASGI middleware around their endpoint.

A few captures begin in each turn of the event loop, the next ones wait for theirs, and what would
have to wait too long is refused at once.

Reading and judging a lead is most of what a web process does. If all that arrives were begun at
once, a burst would keep the event loop busy for its whole length, and those that must be refused
would be told last. A refusal costs a fraction of a capture.

Nothing is held while a capture is under way: slow bodies, callers that wait and a queue that is
away take nobody's place.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import Unavailable
from app.http.answers import request_id_of
from app.ingress.answers import send_reply
from app.ingress.cors import cors_headers
from app.ingress.form_answers import refusal
from app.ingress.head import read_head
from app.metrics.families import REFUSED

log = logging.getLogger(__name__)

#: Captures begun in one turn: at 0.2 ms each, less than 10 ms of work.
PER_TURN = 32
#: Captures that wait to be begun: at 5,000 a second, a fifth of a second of work.
WAITING_MAX = 1000
#: One line in the log tells of all refusals of this time.
TELL_SECONDS = 10.0


class LoadShedder:
    """Passes requests on in the order of their coming; refuses what the queue cannot hold."""

    def __init__(
        self, app: ASGIApp, *, per_turn: int = PER_TURN, waiting_max: int = WAITING_MAX
    ) -> None:
        self._app = app
        self._per_turn = per_turn
        self._waiting_max = waiting_max
        self._begun = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] == "POST":
            if len(self._waiting) >= self._waiting_max:
                await self._refuse(scope, send)
                return
            await self._wait_for_turn()
        await self._app(scope, receive, send)

    async def _wait_for_turn(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._begun:
            loop.call_soon(self._next_turn)
        if self._begun < self._per_turn:
            self._begun += 1
        else:
            self._waiting.append(turn := loop.create_future())
            await turn

    def _next_turn(self) -> None:
        self._begun = 0
        while self._waiting and self._begun < self._per_turn:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._begun += 1
        if self._begun:
            asyncio.get_running_loop().call_soon(self._next_turn)

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
        REFUSED.labels("overload").inc()

    def _tell(self) -> None:
        log.warning("capture.overload", extra={"refused": self._refused})
        self._refused = 0
