"""What a field takes, in words: `must be active or paused`, `must be a whole number from 1 to 200`.

The words come from the field's schema, whatever was wrong with the value. So they are the same in
answers and in the documentation, and do not depend on the messages of the library that decodes.
"""

from __future__ import annotations

import re
from functools import lru_cache

from app.api.openapi_schemas import Schema, request_schema

#: Patterns of schemas, and what they mean to people; texts with another pattern are only `text`.
PATTERN_WORDS = {
    r"^[\x21-\x7e]+$": "visible ASCII characters",
    r"^[!-~]([ -~]*[!-~])?$": "visible ASCII characters, with blanks only between them",
}

_KINDS = {
    "boolean": "true or false",
    "number": "a number",
}
_STEP = re.compile(r"\[[^\]]*\]|[^.\[]+")


@lru_cache(maxsize=1024)
def problem_at(kind: type, path: str, *, is_key: bool = False) -> str:
    """What would be right at a path (`events[0]`, `headers[...]`) of a struct; "": of all of it.

    `is_key`: the value at the path has a wrong key.
    """
    schema = _schema_at(kind, path)
    if is_key:
        return "every key must be " + in_words(schema.get("propertyNames", {}))
    return f"must be {in_words(schema)}"


def names_at(kind: type, path: str) -> list[str]:
    """The fields that the object at a path may have."""
    return list(_schema_at(kind, path).get("properties", {}))


def _schema_at(kind: type, path: str) -> Schema:
    schema: Schema = request_schema(kind)
    for step in _STEP.finditer(path):
        schema = _inside(schema, step[0])
    return schema


def _inside(schema: Schema, step: str) -> Schema:
    # A field that may be null is a choice of two.
    schema = next(iter(schema.get("anyOf", ())), schema)
    found = schema.get("properties", {}).get(step)
    if step.startswith("["):
        found = schema.get("items") or schema.get("additionalProperties")
    return found if isinstance(found, dict) else {}


def in_words(schema: Schema) -> str:
    """What fits a schema; that a field may also be null or absent goes without saying."""
    if "enum" in schema:
        return any_of([str(value) for value in schema["enum"] if value is not None])
    if "anyOf" in schema:
        return any_of([in_words(each) for each in schema["anyOf"] if each.get("type") != "null"])
    kinds = schema.get("type", "string")
    named = [kinds] if isinstance(kinds, str) else [kind for kind in kinds if kind != "null"]
    return any_of([_words(kind, schema) for kind in named])


def any_of(words: list[str]) -> str:
    """`a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _words(kind: str, schema: Schema) -> str:
    match kind:
        case "integer":
            return "a whole number" + _range(schema, "minimum", "maximum")
        case "string":
            return _text(schema)
        case "array":
            return "a list" + _of(_range(schema, "minItems", "maxItems"), "items")
        case "object":
            return "an object" + _of(_range(schema, "minProperties", "maxProperties"), "entries")
    return _KINDS.get(kind, kind)


def _text(schema: Schema) -> str:
    characters = PATTERN_WORDS.get(schema.get("pattern", ""), "characters")
    bounds = _range(schema, "minLength", "maxLength").replace(" from", "", 1).strip()
    if characters == "characters":
        return "text" + _of(" " + bounds if bounds else "", characters)
    return " ".join(filter(None, [bounds, characters]))


def _range(schema: Schema, low: str, high: str) -> str:
    bounds = [f"{schema[name]:,}" if name in schema else "" for name in (low, high)]
    match bounds:
        case ["", ""]:
            return ""
        case [least, ""]:
            return f" of at least {least}"
        case ["", most]:
            return f" up to {most}"
        case [least, most]:
            return f" from {least} to {most}"
    return ""


def _of(bounds: str, noun: str) -> str:
    return f" of{bounds.replace(' from', '', 1)} {noun}" if bounds else ""
