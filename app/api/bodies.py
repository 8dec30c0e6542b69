"""Reads a request's JSON into a typed struct, and turns problems into named fields."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from app.domain.errors import Invalid, InvalidJson
from app.domain.metadata import clean_metadata
from app.domain.problems import Problems
from app.domain.untrusted_text import clean_text

Body = TypeVar("Body")
Metadata = dict[Annotated[str, Meta(max_length=100)], object]

_PLACE = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]*)`")
_MISSING = re.compile(r"Object missing required field `([^`]*)`")


def read_body(body: bytes, kind: type[Body], *, optional: bool = False) -> Body:
    """The body as that struct. Raises `InvalidJson`, or `Invalid` naming the field.

    `optional`: an empty body means `{}`.
    """
    try:
        value = msgspec.json.decode(b"{}" if optional and not body else body, type=kind)
    except msgspec.ValidationError as error:
        raise invalid_of(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidJson("The body is not valid JSON in UTF-8") from None
    if b"\\u0000" in body:
        _refuse_nul(value)
    return value


def invalid_of(message: str) -> Invalid:
    """A validation error of msgspec as an error that names the field."""
    for pattern, problem in ((_UNKNOWN, "is not a known field"), (_MISSING, "is required")):
        match = pattern.match(message)
        if match:
            return Invalid({match[1]: problem})
    place = _PLACE.search(message)
    field = place[1] if place and place[1] else "body"
    return Invalid({field: _PLACE.sub("", message)})


def cleaned_text(text: str | None) -> str | None:
    """Text in NFC, trimmed; None if empty."""
    return (clean_text(text) or None) if text is not None else None


def checked_metadata(metadata: dict[str, object]) -> dict[str, object]:
    """Cleaned metadata; a null stays null. Raises `Invalid`."""
    problems = Problems()
    cleaned = clean_metadata(metadata, problems)
    if problems.by_field:
        raise Invalid({"metadata": next(iter(problems.by_field.values()))})
    return cleaned


def _refuse_nul(value: object) -> None:
    fields = msgspec.to_builtins(value)
    for name, inner in fields.items() if isinstance(fields, dict) else ():
        # Encoded once more, a NUL is escaped after an even number of backslashes.
        if re.search(rb"(?<!\\)(?:\\\\)*\\u0000", msgspec.json.encode(inner)):
            raise Invalid({name: "contains a NUL character (U+0000): remove it"})
