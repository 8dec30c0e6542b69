"""Calls the ASGI application in this process, as a client would, without a socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message

#: No answer of ours takes longer.
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Reply:
    """An answer: `headers` in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    #: Every Set-Cookie header.
    cookies: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Client:
    """An application with its lifespan, on an event loop in a thread of its own."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] | None = None) -> None:
        self._app = app
        self._headers = dict(headers or {})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._lifespan: Future[None] | None = None

    def start(self) -> None:
        """Run the application's start."""
        self._thread.start()
        self._lifespan = self._submit(self._run_lifespan())
        self._tell("startup")

    def stop(self) -> None:
        """Run the application's end."""
        self._tell("shutdown")
        assert self._lifespan is not None
        self._lifespan.result(PATIENCE_SECONDS)
        self._submit(_end_other_tasks()).result(PATIENCE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self._loop.close()

    def __call__(
        self, method: str, target: str, body: object = None, **headers: str | None
    ) -> Reply:
        """One request. `body`: bytes as they are, anything else as JSON; None: no body.

        Header names are written with underscores; None leaves a default one out.
        """
        encoded = body if isinstance(body, bytes) else msgspec.json.encode(body)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {"host": "localhost", **self._headers, **given}
        raw = [(k.lower().encode(), v.encode()) for k, v in merged.items() if v is not None]
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": raw,
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
            "state": {},
        }
        sent = b"" if body is None else encoded
        reply: Reply = self._submit(self._exchange(scope, sent)).result(PATIENCE_SECONDS)
        return reply

    async def _exchange(self, scope: dict[str, Any], body: bytes) -> Reply:
        messages: list[Message] = []
        requests = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return requests.pop() if requests else await asyncio.Future()

        async def send(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        body = b"".join(m.get("body", b"") for m in messages[1:])
        raw = [value.decode() for name, value in messages[0]["headers"] if name == b"set-cookie"]
        return Reply(messages[0]["status"], headers, body, tuple(raw))

    async def _run_lifespan(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        await self._app(scope, self._to_app.get, self._from_app.put)

    def _tell(self, what: str) -> None:
        self._submit(self._to_app.put({"type": f"lifespan.{what}"})).result(PATIENCE_SECONDS)
        answer = self._submit(self._from_app.get()).result(PATIENCE_SECONDS)
        assert answer["type"] == f"lifespan.{what}.complete", answer

    def _submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)


async def _end_other_tasks() -> None:
    # A library may swallow the first cancellation.
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=0.2)
