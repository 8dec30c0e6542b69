"""Urlencoded bodies, and those of `enctype="text/plain"`, as names and values in bytes."""

from __future__ import annotations

import json
import re

from app.domain.labels.labels import field_of_label
from app.domain.submission.unfolding import path_of_name
from app.ingress.pieces import wanted_pieces

Pairs = list[tuple[bytes, bytes]]

#: Percent signs that stand for themselves, as in "100 %": with more of them all do.
_LONE_SIGNS_MAX = 1_000
#: Fields among which an address with a bare plus is looked for, the first ones.
_ADDRESSES_AMONG = 200
#: Lines of a plain-text form that are read: of a text with more, no metadata has room.
_LINES_MAX = 2_000
_LONE_SIGN = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Before a line of a plain-text form that begins a field.
_LINE_OF_FIELD = re.compile(rb"\r?\n(?=[^=\n]{1,200}=)")
# For &, = and + as they are in the body, to tell them from those that were written as %XX.
_AND, _IS, _PLUS = "\u0100", "\u0101", "\u0102"
_unescape = json.JSONDecoder(strict=False).decode


def read_pairs(body: bytes, fields_max: int) -> tuple[Pairs, int]:
    """The fields of an urlencoded form, and how many more there were.

    `ann+news@example.com`, written without encoding the plus, is read as it was meant: in an
    address, white space before the @ can be nothing else.
    """
    # Of ASCII white space only: "à" in UTF-8 ends with what Latin-1 takes for a blank.
    fields = body.strip(b" \t\r\n").split(b"&", fields_max)
    wanted, dropped = wanted_pieces(fields.pop(), b"&") if len(fields) > fields_max else ([], 0)
    # Latin-1 carries each byte through, be it written as itself or as %XX; what separates is put
    # apart from it first, so that all is decoded at once.
    text = b"&".join([*fields, *wanted]).decode("latin-1")
    text = _unquote(text.replace("&", _AND).replace("=", _IS).replace("+", _PLUS))
    pairs: Pairs = []
    for index, field in enumerate(text.split(_AND)):
        name, _, value = field.partition(_IS)
        if field:
            name = name.replace(_PLUS, " ")
            if _PLUS in value:
                may_be_address = not _ADDRESSES_AMONG <= index < fields_max
                value = _with_pluses(name, value) if may_be_address else value.replace(_PLUS, " ")
            pairs.append((name.encode("latin-1"), value.replace(_IS, "=").encode("latin-1")))
    return pairs, dropped


def read_lines(body: bytes, fields_max: int) -> tuple[Pairs, int]:
    """The fields of a form with `enctype="text/plain"`: a line each, or more for a longer value.

    And how many lines more there were.
    """
    lines = body.strip().split(b"\n", _LINES_MAX)
    rest = lines.pop() if len(lines) > _LINES_MAX else b""
    fields = _LINE_OF_FIELD.split(b"\n".join(lines), fields_max)
    if len(fields) > fields_max:
        rest = fields.pop() + b"\n" + rest
    wanted, dropped = wanted_pieces(rest, b"\n") if rest else ([], 0)
    pairs = [(name, value) for name, _, value in (f.partition(b"=") for f in [*fields, *wanted])]
    return pairs, dropped


def _with_pluses(name: str, value: str) -> str:
    """The value with blanks for its pluses, unless it is an address with pluses of its own."""
    alone = value.strip(_PLUS)
    local, at, domain = alone.partition("@")
    is_address = at and _PLUS in local and _PLUS not in domain and "<" not in local
    if is_address and field_of_label(path_of_name(name)[-1]) == "email":
        return alone.replace(_PLUS, "+")
    return value.replace(_PLUS, " ")


def _unquote(text: str) -> str:
    """The text with its %XX decoded.

    By the decoder of JSON, whose escapes differ only in their prefix: 64 KB of them take it
    0.6 ms, and `urllib.parse.unquote` 7.
    """
    if "%" not in text:
        return text
    escaped, lone_signs = _LONE_SIGN.subn("%25", text, _LONE_SIGNS_MAX + 1)
    text = escaped if lone_signs <= _LONE_SIGNS_MAX else text.replace("%", "%25")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "\\u00")
    unescaped: str = _unescape(f'"{escaped}"')
    return unescaped
