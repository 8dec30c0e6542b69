"""The head of a capture request: what of it matters here, read once."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.types import Scope

from app.domain.submission.form import form_name
from app.domain.text.untrusted_text import clean_text

#: What is kept of headers that are only remembered.
REMEMBERED_MAX = 500
#: Headers whose lines add up to one list (RFC 9110 5.3). Of others the last line counts.
_LISTS = frozenset(
    [
        b"x-forwarded-for",
        b"prefer",
        b"accept",
        b"accept-language",
        b"access-control-request-headers",
    ]
)
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


class Head(NamedTuple):
    """Header values as text; None where a header was not sent."""

    method: str
    host: str
    peer: str | None
    origin: str | None
    content_type: str | None
    content_encoding: str | None
    content_length: str | None
    api_key: str | None
    idempotency_key: str | None
    request_id: str | None
    prefer: str | None
    accept: str
    forwarded_for: str | None
    user_agent: str | None
    referrer: str | None
    #: The headers that a preflight asks for.
    wanted_headers: str | None
    #: The event's type in a delivery of ours.
    event_type: str | None
    accept_language: str | None
    #: The form's name in the URL, for tools that let people choose nothing else.
    form: str | None = None

    @property
    def wants_page(self) -> bool:
        """Whether a plain HTML form sent it, so that a person will read the answer."""
        sent = (self.content_type or "").lower()
        return "text/html" in self.accept and sent.startswith(_FORM_TYPES)


def read_head(scope: Scope) -> Head:
    """The head of an ASGI HTTP scope."""
    headers: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        text = value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in _LISTS and name in headers else text
    get = headers.get
    client = scope.get("client")
    return Head(
        scope["method"],
        get(b"host", ""),
        client[0] if client else None,
        get(b"origin"),
        get(b"content-type"),
        get(b"content-encoding"),
        get(b"content-length"),
        get(b"x-api-key"),
        get(b"idempotency-key"),
        get(b"x-request-id"),
        get(b"prefer"),
        get(b"accept", ""),
        get(b"x-forwarded-for"),
        _remembered(get(b"user-agent")),
        _remembered(get(b"referer")),
        get(b"access-control-request-headers"),
        get(b"x-rex-event"),
        get(b"accept-language"),
        _form(scope.get("query_string")),
    )


def _form(query: bytes | None) -> str | None:
    if not query:
        return None
    pairs = parse_qsl(query[:REMEMBERED_MAX].decode("latin-1"))
    return next((name for key, text in pairs if key == "form" and (name := form_name(text))), None)


def _remembered(value: str | None) -> str | None:
    if not value:
        return None
    # Header bytes are Latin-1 by the letter and UTF-8 in the wild.
    text = value[: 4 * REMEMBERED_MAX].encode("latin-1").decode("utf-8", "replace")
    return clean_text(text)[:REMEMBERED_MAX] or None
