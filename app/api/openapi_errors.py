"""What all answers have in common: the error envelope, the error codes, the headers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.domain.errors import STATUS_BY_CODE, RexError

Schema = dict[str, Any]

ErrorCode = Annotated[str, Meta(extra_json_schema={"enum": list(STATUS_BY_CODE)})]


class ErrorDetail(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is wrong, and how to fix it."""

    code: ErrorCode
    message: str
    request_id: str
    #: The one field that was wrong.
    field: str | UnsetType = UNSET
    #: Every field that was wrong, with its reason.
    fields: dict[str, str] | UnsetType = UNSET
    #: Whose address was taken.
    existing_id: str | UnsetType = UNSET


class ErrorEnvelope(msgspec.Struct, forbid_unknown_fields=True):
    """Every error."""

    error: ErrorDetail


SUCCESSES = {
    200: "Done.",
    201: "Created.",
    202: "Accepted: it will be done.",
    204: "Done; there is nothing to say.",
}

_LIMITS = {
    "X-RateLimit-Limit": "Requests a minute.",
    "X-RateLimit-Remaining": "Requests left.",
    "X-RateLimit-Reset": "When the limit is whole again, in Unix seconds.",
}
HEADERS: Schema = {
    "X-Request-Id": {
        "description": "The request's id: the caller's when it sent a sane one.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
} | {name: {"description": text, "schema": {"type": "integer"}} for name, text in _LIMITS.items()}


def _references(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


KEYED_HEADERS = _references(["X-Request-Id", *_LIMITS])
NEXT_PAGE: Schema = {
    "Link": {
        "description": "As CSV: the next page, if there is one",
        "schema": {"type": "string"},
    }
}
_WAIT = _references(["Retry-After"])
_WAITING = {"rate_limit_exceeded", "unavailable"}


def responses(codes: Iterable[str], *, also_as_page: bool = False) -> Schema:
    """The error answers with these codes, by status; `also_as_page`: plain forms get HTML."""
    content: Schema = {
        "application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}
    }
    if also_as_page:
        content["text/html"] = {"schema": {"type": "string"}}
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(STATUS_BY_CODE[code], []).append(code)
    return {
        str(status): {
            "description": " ".join(f"`{code}`: {_description(code)}" for code in same),
            "headers": KEYED_HEADERS | (_WAIT if _WAITING & set(same) else {}),
            "content": content,
        }
        for status, same in by_status.items()
    }


def _description(code: str) -> str:
    kind = next(kind for kind in _tree(RexError) if kind.code == code)
    return (kind.__doc__ or "").strip()


def _tree(kind: type[RexError]) -> Iterator[type[RexError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _tree(inner)
