"""An application that holds every POST until something else is asked for, behind a load shedder."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send

from app.ingress.load_shedder import LoadShedder

CAPTURES_MAX = 2


class Holding:
    """Answers a POST when it is released, with its body; anything else with how many are held."""

    def __init__(self) -> None:
        self._held: list[asyncio.Event] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        if scope["method"] == "POST":
            self._held.append(released := asyncio.Event())
            await released.wait()
        else:
            body = b"%d" % len(self._held)
            if scope["path"] == "/release":
                self._release()
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _release(self) -> None:
        while self._held:
            self._held.pop().set()


def make_app() -> LoadShedder:
    """The application; the server calls this."""
    return LoadShedder(Holding(), CAPTURES_MAX)
