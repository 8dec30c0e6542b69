"""Form bodies as fields: a text, or a list of texts where a name comes more than once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from app.ingress.charsets import UTF_8, charset_of, decode_leniently
from app.ingress.multipart import Part, read_parts
from app.ingress.urlencoded import Pairs, read_lines, read_pairs

#: Fields of one form that are read, a repeated one counting each time; beyond these, only those
#: with an address.
FIELDS_MAX = 640
#: Files of one form that are noted.
FILES_MAX = 20
#: The field in which a form tells its charset (RFC 7578, 4.6).
_CHARSET = b"_charset_"

Fields = dict[str, str | list[str]]


class DroppedFile(NamedTuple):
    """A file that came with a form: files are not kept, only that there was one."""

    field: str
    filename: str
    size_bytes: int


class Form(NamedTuple):
    """What a form's visitor typed."""

    fields: Fields
    files: list[DroppedFile]
    #: Fields beyond what is read, and files beyond those that are noted.
    dropped_parts: int = 0


def read_urlencoded(body: bytes, charset: str) -> Form:
    """The fields of an urlencoded form."""
    return _form(*read_pairs(body, FIELDS_MAX), charset)


def read_text_plain(body: bytes, charset: str) -> Form:
    """The fields of a form with `enctype="text/plain"`, or of an urlencoded one sent as such."""
    if b"\n" in body.strip():
        return _form(*read_lines(body, FIELDS_MAX), charset)
    return read_urlencoded(body, charset)


def read_multipart(body: bytes, boundary: bytes, charset: str) -> Form:
    """The text fields of a multipart form, and its files by name; an empty file input is absent.

    Raises `InvalidJson` when the body is no such form or was cut off.
    """
    parts, dropped = read_parts(body, boundary, FIELDS_MAX)
    texts = [part for part in parts if part.filename is None]
    charset = _told_charset((part.name, part.value) for part in texts) or charset
    fields = _gather(
        (decode_leniently(part.name, charset), _text_of(part, charset))
        for part in texts
        if part.name != _CHARSET
    )
    sent = [p for p in parts if p.filename is not None and (p.filename or p.size_bytes)]
    files = [_file(part, charset) for part in sent[:FILES_MAX]]
    return Form(fields, files, dropped + len(sent) - len(files))


def _file(part: Part, charset: str) -> DroppedFile:
    name, filename = part.name, part.filename or b""
    return DroppedFile(
        decode_leniently(name, charset), decode_leniently(filename, charset), part.size_bytes
    )


def _text_of(part: Part, charset: str) -> str:
    own = charset_of(part.charset) if part.charset else None
    return decode_leniently(part.value, own or charset)


def _form(pairs: Pairs, dropped: int, charset: str) -> Form:
    charset = _told_charset(pairs) or charset
    fields = _gather(
        (decode_leniently(name, charset), decode_leniently(value, charset))
        for name, value in pairs
        if name != _CHARSET
    )
    return Form(fields, [], dropped)


def _told_charset(pairs: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The charset that the form itself tells, which knows better than its Content-Type."""
    told = next((value for name, value in pairs if name == _CHARSET), b"")
    charset = charset_of(told.decode("latin-1"))
    # A form has no other way to be in UTF-16 than by mistake: browsers send UTF-8 then.
    return UTF_8 if charset and charset.startswith("utf-16") else charset


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
