"""Urlencoded bodies, and those of `enctype="text/plain"`, as names and values in bytes."""

from __future__ import annotations

import json
import re

from app.domain.labels import field_of_label
from app.domain.person import path_of_name

Pairs = list[tuple[bytes, bytes]]

#: Percent signs that stand for themselves, as in "100 %": with more of them it is no such form.
_LONE_SIGNS_MAX = 1_000
#: Fields among which an address with a bare plus is looked for, the first ones.
_ADDRESSES_AMONG = 200
#: Lines of a plain-text form: of a text with more, no metadata has room.
_LINES_MAX = 5_000
_LONE_SIGN = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Before a line of a plain-text form that begins a field.
_LINE_OF_FIELD = re.compile(rb"\r?\n(?=[^=\n]{1,200}=)")
_unescape = json.JSONDecoder(strict=False).decode


class TooManyFields(ValueError):
    """A form has more fields than anybody reads."""


def read_pairs(body: bytes, fields_max: int) -> Pairs:
    """The fields of an urlencoded form. Raises `TooManyFields`.

    `ann+news@example.com`, written without encoding the plus, is read as it was meant: in an
    address, white space before the @ can be nothing else.
    """
    # Latin-1 carries each byte through, be it written as itself or as %XX.
    text = body.decode("latin-1")
    if text.count("&") >= fields_max:
        raise TooManyFields
    if "%" in text:
        text, lone_signs = _LONE_SIGN.subn("%25", text, _LONE_SIGNS_MAX + 1)
        if lone_signs > _LONE_SIGNS_MAX:
            raise TooManyFields
    pairs: Pairs = []
    # Of ASCII white space only: "à" in UTF-8 ends with what Latin-1 takes for a blank.
    for field in text.strip(" \t\r\n").split("&"):
        name, _, value = field.partition("=")
        if field:
            name = _unquote(name.replace("+", " "))
            may_be_address = len(pairs) < _ADDRESSES_AMONG
            value = _value(name, value) if may_be_address else _unquote(value.replace("+", " "))
            pairs.append((name.encode("latin-1"), value.encode("latin-1")))
    return pairs


def read_lines(body: bytes, fields_max: int) -> Pairs:
    """The fields of a form with `enctype="text/plain"`: a line each, or more for a longer value.

    Raises `TooManyFields`.
    """
    if body.count(b"\n") > _LINES_MAX:
        raise TooManyFields
    lines = _LINE_OF_FIELD.split(body.strip(), fields_max)
    if len(lines) > fields_max:
        raise TooManyFields
    return [(name, value) for name, _, value in (line.partition(b"=") for line in lines)]


def _value(name: str, value: str) -> str:
    if "+" in value and _holds_bare_plus(name, value):
        return _unquote(value.strip("+"))
    return _unquote(value.replace("+", " "))


def _holds_bare_plus(name: str, value: str) -> bool:
    """Whether it is an address alone, with pluses before its @."""
    local, at, domain = value.strip("+").replace("%40", "@").partition("@")
    if not at or "+" not in local or "+" in domain or "<" in local or "%3C" in local:
        return False
    return field_of_label(path_of_name(name)[-1]) == "email"


def _unquote(text: str) -> str:
    """The text with its %XX decoded.

    By the decoder of JSON, whose escapes differ only in their prefix: 64 KB of them take it
    0.6 ms, and `urllib.parse.unquote` 7.
    """
    if "%" not in text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "\\u00")
    unescaped: str = _unescape(f'"{escaped}"')
    return unescaped
