"""Reads a request's JSON into a typed struct, and turns problems into named fields."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from app.api.expected import names_at, problem_at
from app.domain.errors import Invalid, InvalidJson
from app.domain.submission.metadata import clean_metadata
from app.domain.submission.problems import Problems, shown
from app.domain.text.untrusted_text import clean_text

Body = TypeVar("Body")
Metadata = Annotated[
    dict[Annotated[str, Meta(max_length=100)], object],
    Meta(max_length=100, description="At most 5 levels and 16 KiB"),
]

_PLACE = re.compile(r" - at (`key` in )?`\$\.?([^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]*)`")
_MISSING = re.compile(r"Object missing required field `([^`]*)`")


def read_body(body: bytes, kind: type[Body], *, optional: bool = False) -> Body:
    """The body as that struct. Raises `InvalidJson`, or `Invalid` naming the field.

    `optional`: an empty body means `{}`.
    """
    text = b"{}" if optional and not body else body
    try:
        value = _decode(text, kind)
    except msgspec.ValidationError as error:
        raise invalid_of(str(error), kind) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidJson("The body is not valid JSON in UTF-8") from None
    if b"\\u0000" in body:
        _refuse_nul(value)
    return value


def _decode(text: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError:
        # Languages whose only numbers are floats write 5 as 5.0. No body has a field for floats.
        fields = msgspec.json.decode(text)
        if isinstance(fields, dict):
            fields = {name: _whole(value) for name, value in fields.items()}
        return msgspec.convert(fields, kind)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def invalid_of(message: str, kind: type) -> Invalid:
    """A validation error of msgspec as an error that names the field and what would be right."""
    place = _PLACE.search(message)
    path = place[2] if place else ""
    if unknown := _UNKNOWN.match(message):
        name = ".".join(filter(None, [path, shown(unknown[1])]))
        known = ", ".join(names_at(kind, path))
        return Invalid({name: f"is not a known field; known are {known}"})
    if missing := _MISSING.match(message):
        return Invalid({missing[1]: "is required"})
    is_key = bool(place and place[1])
    return Invalid({path or "body": problem_at(kind, path, is_key=is_key)})


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
