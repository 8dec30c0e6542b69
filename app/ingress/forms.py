"""Form bodies as fields: a text, or a list of texts where a name comes more than once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl

from app.ingress.multipart import read_parts

#: Fields of one form that are read, a repeated one counting each time.
FIELDS_MAX = 1000

Fields = dict[str, str | list[str]]


class Form(NamedTuple):
    """What a form's visitor typed, and what of it cannot be taken, each with its reason."""

    fields: Fields
    refused: dict[str, str]


def read_urlencoded(body: bytes, codec: str) -> Form:
    """The fields of an urlencoded form; none of them when they are too many."""
    try:
        # Latin-1 carries each byte through, be it written as itself or as %XX.
        pairs = parse_qsl(
            body.decode("latin-1"),
            keep_blank_values=True,
            encoding="latin-1",
            max_num_fields=FIELDS_MAX,
        )
    except ValueError:
        return Form({}, {"metadata": f"has more than {FIELDS_MAX:,} fields"})
    fields = _gather(
        (_decode(name.encode("latin-1"), codec), _decode(value.encode("latin-1"), codec))
        for name, value in pairs
    )
    return Form(fields, {})


def read_multipart(body: bytes, boundary: bytes, codec: str) -> Form:
    """The text fields of a multipart form; a file input left empty is absent, a file is refused.

    Raises `InvalidJson` when the body is no such form or was cut off.
    """
    parts = read_parts(body, boundary)
    files = {
        _decode(part.name, codec): "is a file, and files are not taken: send text, or a link to it"
        for part in parts
        if part.filename is not None and (part.filename or part.value)
    }
    fields = _gather(
        (_decode(part.name, codec), _decode(part.value, codec))
        for part in parts
        if part.filename is None
    )
    return Form(fields, files)


def _gather(pairs: Iterable[tuple[str, str]]) -> Fields:
    fields: Fields = {}
    for name, value in pairs:
        before = fields.get(name)
        if before is None:
            fields[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            fields[name] = [before, value]
    return fields


def _decode(text: bytes, codec: str) -> str:
    """Text in its declared codec; in windows-1252 when it is not that, as old pages send it."""
    for request in (codec, "cp1252"):
        try:
            return text.decode(request)
        except UnicodeDecodeError:
            continue
    return text.decode("latin-1")
