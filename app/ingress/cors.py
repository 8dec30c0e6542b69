"""CORS: any page may capture, unless the org names the origins that may.

The headers go on every answer, so that a page can read why it was refused. The origin is echoed
and credentials are allowed, because `navigator.sendBeacon` always asks with credentials; there are
none to abuse, as nothing here looks at cookies.
"""

from __future__ import annotations

from app.domain.errors import Forbidden
from app.domain.org import Org

RawHeaders = list[tuple[bytes, bytes]]

_EXPOSED = (
    b"X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After,"
    b" Preference-Applied"
)
#: Without an Origin no page's script reads the answer, so nothing has to be exposed to it.
_ANY: RawHeaders = [(b"access-control-allow-origin", b"*")]
_PREFLIGHT: RawHeaders = [
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"Content-Type, X-Api-Key, Idempotency-Key, Prefer, X-Request-Id",
    ),
    # Two hours: what browsers cap it at.
    (b"access-control-max-age", b"7200"),
]


def cors_headers(origin: str | None) -> RawHeaders:
    """The headers of an answer to a page of that origin."""
    if origin is None:
        return _ANY
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"Origin"),
    ]


def preflight_headers(origin: str | None) -> RawHeaders:
    """The headers of the answer to an OPTIONS request."""
    return cors_headers(origin) + _PREFLIGHT


def check_origin(org: Org, origin: str | None) -> None:
    """Raise `Forbidden` for a page that the org does not let capture.

    A request without an Origin does not come from a page's script; a key, or none, decides then.
    """
    allowed = org.settings.allowed_origins
    if origin is not None and allowed and origin not in allowed:
        raise Forbidden("Pages of this origin may not capture for this org")
