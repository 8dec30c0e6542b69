"""What a connection speaks: uvicorn's HTTP/1.1, with captures taken in turn or refused at once.

A refusal is written as soon as the request's head is read. No task is made for it, its body is
passed over, and its connection stays open: all of it is a fraction of what taking a capture costs.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, cast

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from app.domain.errors import Unavailable
from app.http.answers import request_id_of
from app.ingress import answers, form_answers
from app.ingress.answers import Reply
from app.ingress.cors import RawHeaders, cors_headers
from app.ingress.head import read_head
from app.ingress.turnstile import Turnstile

#: Where the application's lifespan leaves the turnstile for its connections.
TURNSTILE = "turnstile"
_PATH = "/capture"


class _Refused:
    """Stands for a request that has had its answer; uvicorn asks it these two things."""

    response_complete = True
    message_event = asyncio.Event()


_REFUSED = cast("RequestResponseCycle", _Refused())


class Door(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._turnstile: Turnstile = app_state[TURNSTILE]

    def on_headers_complete(self) -> None:
        """Of the parser: a request's head is there."""
        if self._turnstile.is_full and self._can_refuse():
            self._refuse()
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Of the parser: a request's body is there."""
        if self.cycle is not _REFUSED:
            super().on_message_complete()
        elif self.parser.should_keep_alive() and not self._is_closing:
            self.on_response_complete()
        else:
            self.transport.close()

    def _can_refuse(self) -> bool:
        """Whether it is a plain capture, and nothing before it on the connection is unanswered."""
        return (
            self.url.partition(b"?")[0] == _PATH.encode()
            and self.parser.get_method() == b"POST"
            # Who asks first whether to send a body could not tell the next request from it.
            and not self.expect_100_continue
            and (self.cycle is None or self.cycle.response_complete)
            # Who does not read the answers is served at the speed of their reading.
            and not self.flow.write_paused
        )

    def _refuse(self) -> None:
        self._turnstile.note_refusal()
        self.cycle = _REFUSED
        self.scope["method"] = "POST"
        self.transport.write(_as_http(_too_many(self.scope), self.server_state.default_headers))

    @property
    def _is_closing(self) -> bool:
        """Whether the server ends every connection with its next answer."""
        return any(name == b"connection" for name, _ in self.server_state.default_headers)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        begin = super()._start_asgi_task
        if cycle.scope["path"] == _PATH:
            self._turnstile.enter(partial(begin, cycle, app))
        else:
            begin(cycle, app)


def _too_many(scope: Any) -> Reply:
    head = read_head(scope)
    request_id = request_id_of(head.request_id)
    error = Unavailable("Too many captures at once: try again in a few seconds")
    if head.wants_page:
        reply = form_answers.refused(error, {})
    else:
        reply = answers.error_reply(error, request_id)
    reply.headers.extend([*cors_headers(head.origin), (b"x-request-id", request_id.encode())])
    return reply


def _as_http(reply: Reply, more_headers: RawHeaders) -> bytes:
    lines = [b"%b: %b\r\n" % header for header in (*more_headers, *reply.headers)]
    return b"".join([STATUS_LINE[reply.status], *lines, b"\r\n", reply.body])
