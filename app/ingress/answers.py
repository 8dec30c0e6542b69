"""What a capture is answered with: JSON for scripts; redirects and pages for plain forms."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from starlette.types import Send

from app.domain.errors import STATUS_BY_CODE, RexError
from app.http.answers import error_body, error_headers
from app.ingress.cors import RawHeaders
from app.ingress.pages import Page

_encoder = msgspec.json.Encoder()
_JSON = (b"content-type", b"application/json")
_HTML = (b"content-type", b"text/html; charset=utf-8")
#: With the policy, a form on the page says where it is (Origin), but not to other hosts.
_PAGE = [
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
]


class Reply(NamedTuple):
    """An answer as ASGI sends it; `headers` is still added to."""

    status: int
    headers: RawHeaders
    body: bytes


def json_reply(status: int, body: bytes) -> Reply:
    """An answer with encoded JSON."""
    return Reply(status, [_JSON, _length(body)], body)


def html_reply(status: int, page: Page) -> Reply:
    """An answer that a person reads."""
    body = page.html.encode()
    policy = (b"content-security-policy", page.policy.encode("ascii", "ignore"))
    return Reply(status, [_HTML, _length(body), policy, *_PAGE], body)


def redirect_reply(target: str) -> Reply:
    """Send the browser on, with GET."""
    location = target.encode("ascii", "ignore")
    return Reply(303, [(b"location", location), _length(b"")], b"")


def error_reply(error: RexError, request_id: str) -> Reply:
    """The documented envelope."""
    reply = json_reply(STATUS_BY_CODE[error.code], _encoder.encode(error_body(error, request_id)))
    reply.headers.extend((k.lower().encode(), v.encode()) for k, v in error_headers(error).items())
    return reply


async def send_reply(send: Send, reply: Reply, request_id: str) -> None:
    """Send an answer as ASGI messages."""
    headers = [*reply.headers, (b"x-request-id", request_id.encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _length(body: bytes) -> tuple[bytes, bytes]:
    return (b"content-length", b"%d" % len(body))
