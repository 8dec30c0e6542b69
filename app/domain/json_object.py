"""JSON bodies as objects: read leniently, so that a later step can name the field that is wrong."""

from __future__ import annotations

import json

import msgspec

from app.domain.cleaning import Cleaner
from app.domain.errors import InvalidJson
from app.domain.problems import Problems

#: Digits of an integer that are read as a number; a longer one is kept as its text.
_INTEGER_DIGITS_MAX = 20


def read_object(body: bytes) -> dict[str, object]:
    """The object in a UTF-8 JSON body; the last of duplicate keys stands. Raises `InvalidJson`.

    Lone surrogates, NaN and Infinity pass: they are refused by field, not as a whole.
    """
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_int=_read_integer)
    except UnicodeDecodeError as error:
        raise InvalidJson(f"The body is not UTF-8 (byte {error.start})") from None
    except RecursionError:
        raise InvalidJson("The body is nested too deeply") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidJson(f"The body is not valid JSON ({error.msg}, {where})") from None
    if not isinstance(value, dict):
        raise InvalidJson("The body is JSON, but not an object: send {…}")
    return value


def object_in_text(text: str) -> dict[str, object] | None:
    """The cleaned JSON object that a text holds, as some senders pack one; None: it holds none."""
    if not text.startswith("{"):
        return None
    problems = Problems()
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
    cleaned = Cleaner(problems).clean_fields(value)
    return None if problems.by_field else cleaned


def _read_integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _INTEGER_DIGITS_MAX else digits
