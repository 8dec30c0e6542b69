"""An application behind load shedders, for a server process of its own."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from app.ingress.load_shedder import LoadShedder


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body."""
    body = (await receive())["body"]
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def make_app() -> ASGIApp:
    """Captures at /full find no room; elsewhere one begins in each turn, and the others wait."""
    full, narrow = LoadShedder(echo, waiting_max=0), LoadShedder(echo, per_turn=1)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (full if scope["path"] == "/full" else narrow)(scope, receive, send)

    return app
