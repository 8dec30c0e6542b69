"""The parts of a multipart form, whole in memory: the body is small by the time it comes here."""

from __future__ import annotations

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.domain.errors import InvalidJson
from app.domain.problems import shown


class Part(msgspec.Struct):
    """One part: its name and value as bytes; `filename` is None unless it is a file."""

    name: bytes = b""
    value: bytes = b""
    filename: bytes | None = None


def read_parts(body: bytes, boundary: bytes) -> list[Part]:
    """The parts of a body. Raises `InvalidJson` when it is no multipart form or was cut off."""
    if not boundary:
        raise InvalidJson("The form's Content-Type has no boundary")
    reader = _Reader()
    try:
        MultipartParser(
            boundary,
            {
                "on_part_begin": reader.begin_part,
                "on_header_field": reader.add_header_name,
                "on_header_value": reader.add_header_value,
                "on_header_end": reader.end_header,
                "on_part_data": reader.add_data,
                "on_end": reader.end,
            },
        ).write(body)
    except FormParserError as error:
        raise InvalidJson(f"The form is not valid multipart: {shown(str(error))}") from None
    if not reader.ended:
        raise InvalidJson("The form is not whole: its closing boundary is missing")
    return reader.parts


class _Reader:
    """Builds the parts from the parser's calls."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._header_name = b""
        self._header_value = b""

    def begin_part(self) -> None:
        self.parts.append(Part())

    def add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            options = parse_options_header(self._header_value.decode("latin-1"))[1]
            self.parts[-1].name = options.get(b"name", b"")
            self.parts[-1].filename = options.get(b"filename")
        self._header_name = self._header_value = b""

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].value += data[start:end]

    def end(self) -> None:
        self.ended = True
