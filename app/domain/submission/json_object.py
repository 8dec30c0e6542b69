"""JSON bodies as objects: read leniently, so that a later step can name the field that is wrong."""

from __future__ import annotations

import json

import msgspec

from app.domain.errors import InvalidJson
from app.domain.submission.cleaning import Cleaner
from app.domain.submission.json_array import object_of_array
from app.domain.submission.problems import Problems


def read_object(body: bytes) -> dict[str, object]:
    """The object in a UTF-8 JSON body, or the one lead in an array; the last of duplicate keys
    stands. Raises `InvalidJson`.

    Lone surrogates, NaN and Infinity pass: they are refused by field, not as a whole.
    """
    value = _read_json(body)
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        value = _read_json(value.encode("utf-8", "surrogatepass"))  # it was stringified twice
    if isinstance(value, list):
        try:
            return object_of_array(value)
        except RecursionError:
            raise InvalidJson("The body is nested too deeply") from None
    if not isinstance(value, dict):
        raise InvalidJson("The body is JSON, but not an object: send {…}")
    return value


def object_in_text(text: str, cleaner: Cleaner | None = None) -> dict[str, object] | None:
    """The cleaned JSON object that a text holds, as some senders pack one; None: it holds none.

    A `cleaner` that has cleaned other texts bounds what is read of all of them together, and then
    some of the object may be missing; otherwise it is whole, or too large: None.
    """
    if not text.startswith("{") or not text.endswith("}"):
        return None
    whole = cleaner is None
    cleaner = cleaner or Cleaner(Problems())
    try:
        cleaned = cleaner.clean_fields(msgspec.json.decode(text))
    except (ValueError, RecursionError):
        return None
    return None if cleaner.problems.by_field or (whole and cleaner.dropped) else cleaned


def _read_json(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)  # in a third of the time, when nothing is odd about it
    except (ValueError, RecursionError):
        return _read_odd_json(body)


def _read_odd_json(body: bytes) -> object:
    try:
        # Not strict: templates put texts with line breaks between quotes as they are.
        return json.loads(body.decode("utf-8-sig"), strict=False)
    except UnicodeDecodeError as error:
        raise InvalidJson(f"The body is not UTF-8 (byte {error.start})") from None
    except RecursionError:
        raise InvalidJson("The body is nested too deeply") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidJson(f"The body is not valid JSON ({error.msg}, {where})") from None
    except ValueError:
        raise InvalidJson("The body has a number of thousands of digits") from None
