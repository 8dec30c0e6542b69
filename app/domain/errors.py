"""Every error as one tree, and the one table from error codes to HTTP.

RexError
    BadRequest              the head is not as HTTP wants it
    InvalidJson             the body is not JSON
    Unauthenticated         no key, or a wrong one
    Forbidden
        WrongScope          the key is right, its scope is not
    NotFound
    MethodNotAllowed        carries the methods that are allowed
    Conflict                the address, or another unique name, is taken
    PayloadTooLarge
    UnsupportedMediaType
    Invalid                 fields that are not valid, each with its reason
        InvalidCapture      ... of a submission
            InvalidAddress  ... whose address is the only fault (app.domain.submission.submission)
    RateLimitExceeded       carries the seconds to wait
    Unavailable             a dependency is down; carries the seconds to wait
        QueueUnavailable
        StorageUnavailable

An error's message is for the caller: what is wrong and how to fix it.
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
    """This API key is not allowed to do that."""

    code = "forbidden"


class WrongScope(Forbidden):
    """This API key's scope does not allow that."""


class NotFound(RexError):
    """Nothing found at this URL."""

    code = "not_found"


class MethodNotAllowed(RexError):
    """Method not allowed for this URL."""

    code = "method_not_allowed"

    def __init__(self, message: str | None = None, allowed: str | None = None) -> None:
        super().__init__(message)
        self.allowed = allowed


class Conflict(RexError):
    """Already taken."""

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
    """Some fields are not valid."""

    code = "validation_failed"

    def __init__(self, fields: Mapping[str, str], message: str | None = None) -> None:
        super().__init__(message or "; ".join(f"{k}: {v}" for k, v in fields.items())[:500])
        self.fields = dict(fields)


class InvalidCapture(Invalid):
    """The submission is not valid."""


class RateLimitExceeded(RexError):
    """Too many requests."""

    code = "rate_limit_exceeded"

    def __init__(self, retry_after_seconds: int, message: str | None = None) -> None:
        super().__init__(message or f"Too many requests: try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class Unavailable(RexError):
    """A service that we depend on is not available at the moment."""

    code = "unavailable"
    retry_after_seconds = 5


class QueueUnavailable(Unavailable):
    """The queue is not available at the moment."""


class StorageUnavailable(Unavailable):
    """The database is not available at the moment."""
