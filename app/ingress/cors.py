"""CORS: any page may capture, unless the org names the origins that may.

The headers go on every answer, so that a page can read why it was refused. Credentials are not
allowed: nothing here looks at cookies. What a page's tools add to its request (`traceparent`,
`X-Requested-With`) means nothing here either, so a preflight may have any header that it asks for.
"""

from __future__ import annotations

import re

from app.ingress.head import Head

RawHeaders = list[tuple[bytes, bytes]]

_EXPOSED = (
    b"X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After,"
    b" Preference-Applied"
)
#: Names of headers that a preflight may ask for, in characters all together.
_WANTED_CHARS_MAX = 4096
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_USUAL = ["Content-Type", "X-Api-Key", "Idempotency-Key", "Prefer", "X-Request-Id"]
#: Without an Origin no page's script reads the answer, so nothing has to be exposed to it.
_ANY: RawHeaders = [(b"access-control-allow-origin", b"*")]
_PREFLIGHT: RawHeaders = [
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    # Two hours: what browsers cap it at.
    (b"access-control-max-age", b"7200"),
]


def cors_headers(origin: str | None) -> RawHeaders:
    """The headers of an answer to a page of that origin."""
    if origin is None:
        return _ANY
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"Origin"),
    ]


def preflight_headers(head: Head) -> RawHeaders:
    """The headers of the answer to an OPTIONS request."""
    names = dict.fromkeys([*_valid_names(head.wanted_headers or ""), *_USUAL])
    return [
        *cors_headers(head.origin),
        *_PREFLIGHT,
        (b"access-control-allow-headers", ", ".join(names).encode()),
        (b"vary", b"Access-Control-Request-Headers"),
    ]


def _valid_names(wanted: str) -> list[str]:
    names = (name.strip() for name in wanted[:_WANTED_CHARS_MAX].split(","))
    return [name for name in names if _TOKEN.fullmatch(name)]
