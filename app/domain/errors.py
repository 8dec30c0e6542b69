"""What can be wrong, as one tree, and the one table from its codes to HTTP.

RexError
    BadRequest              the head is not as HTTP wants it
    InvalidJson             the body is not JSON
    Unauthenticated         no key, or a wrong one
    Forbidden               the key is right, its scope is not
    NotFound
    MethodNotAllowed        carries the methods that it does take
    Conflict                the address, or another unique name, is taken
    PayloadTooLarge
    UnsupportedMediaType
    Invalid                 fields that cannot be taken, each with its reason
        InvalidCapture      ... of a submission
            InvalidAddress  ... whose address is the only fault (app.domain.submission)
    RateLimitExceeded       carries the seconds to wait
    Unavailable             a dependency is away; carries the seconds to wait
        QueueUnavailable
        StorageUnavailable

An error's message is for the caller: it says what was wrong and what would be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

#: Code of an error to the HTTP status that carries it.
STATUS_BY_CODE: Mapping[str, int] = {
    "bad_request": 400,
    "invalid_json": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "validation_failed": 422,
    "rate_limit_exceeded": 429,
    "internal": 500,
    "unavailable": 503,
}


class RexError(Exception):
    """Something went wrong on our side."""

    code: ClassVar[str] = "internal"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)

    @property
    def message(self) -> str:
        return str(self.args[0])


class BadRequest(RexError):
    """The request is not valid HTTP."""

    code = "bad_request"


class InvalidJson(RexError):
    """The body is not valid JSON."""

    code = "invalid_json"


class Unauthenticated(RexError):
    """Send a valid API key in the X-Api-Key header."""

    code = "unauthenticated"


class Forbidden(RexError):
    """This API key may not do that."""

    code = "forbidden"


class NotFound(RexError):
    """There is nothing at this address."""

    code = "not_found"


class MethodNotAllowed(RexError):
    """This address does not take that method."""

    code = "method_not_allowed"

    def __init__(self, message: str | None = None, allowed: str | None = None) -> None:
        super().__init__(message)
        self.allowed = allowed


class Conflict(RexError):
    """This is taken already."""

    code = "conflict"

    def __init__(self, message: str | None = None, existing_id: str | None = None) -> None:
        super().__init__(message)
        self.existing_id = existing_id


class PayloadTooLarge(RexError):
    """The body is larger than 64 KiB."""

    code = "payload_too_large"


class UnsupportedMediaType(RexError):
    """Send application/json, text/plain with JSON, or a form."""

    code = "unsupported_media_type"


class Invalid(RexError):
    """Some fields cannot be taken."""

    code = "validation_failed"

    def __init__(self, fields: Mapping[str, str], message: str | None = None) -> None:
        super().__init__(message or "; ".join(f"{k}: {v}" for k, v in fields.items())[:500])
        self.fields = dict(fields)


class InvalidCapture(Invalid):
    """The submission cannot be taken."""


class RateLimitExceeded(RexError):
    """Too many requests."""

    code = "rate_limit_exceeded"

    def __init__(self, retry_after_seconds: int, message: str | None = None) -> None:
        super().__init__(message or f"Too many requests: try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class Unavailable(RexError):
    """A dependency is away for the moment."""

    code = "unavailable"
    retry_after_seconds = 5


class QueueUnavailable(Unavailable):
    """The queue is away for the moment."""


class StorageUnavailable(Unavailable):
    """The database is away for the moment."""
