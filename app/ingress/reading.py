"""Reading a request's body into a submission, whatever its encoding.

Two steps, so that what was typed is at hand when the second one refuses it:

    received = decode_body(body, content_type)        400, 415
    submission = received.submission(page_host)       400 for JSON; 422 with the fields
"""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.errors import InvalidJson
from app.domain.submission.submission import Submission, parse_fields, parse_json
from app.ingress.charsets import UNKNOWN, UTF_8, decode_leniently, decode_strictly
from app.ingress.forms import Form, read_multipart, read_text_plain, read_urlencoded
from app.ingress.media_type import Encoding, MediaType, read_media_type

#: The names in metadata under which dropped files are noted, and how many parts were not read.
DROPPED_FILES, DROPPED_PARTS = "dropped_files", "dropped_parts"


class Received:
    """A body that arrived whole: JSON, or the fields of a form."""

    def __init__(self, json: bytes, form: Form | None = None) -> None:
        self._json = json
        self._form = form

    @property
    def typed(self) -> Mapping[str, str | list[str]]:
        """A form's fields as they were typed; none of JSON."""
        return self._form.fields if self._form else {}

    def submission(self, page_host: str | None = None) -> Submission:
        """What the visitor sent, cleaned. Raises `InvalidJson` or `InvalidCapture`."""
        if self._form is None:
            return parse_json(self._json, page_host)
        return parse_fields(_with_notes(self._form), page_host)


def decode_body(body: bytes, content_type: str, content_encoding: str = "") -> Received:
    """A whole body by its headers ("" where absent).

    Raises `UnsupportedMediaType`, or `InvalidJson` when it is broken.
    """
    media_type = read_media_type(content_type, content_encoding, body)
    if media_type.encoding is Encoding.JSON:
        return Received(_in_utf8(body, media_type.charset))
    return Received(b"", _read_form(body, media_type))


def _read_form(body: bytes, media_type: MediaType) -> Form:
    if media_type.encoding is Encoding.MULTIPART:
        return read_multipart(body, media_type.boundary, media_type.charset)
    if media_type.encoding is Encoding.TEXT:
        return read_text_plain(body, media_type.charset)
    return read_urlencoded(body, media_type.charset)


def _with_notes(form: Form) -> Mapping[str, object]:
    """The fields, and what was dropped of the form: notes that metadata keeps."""
    notes: dict[str, object] = {}
    if form.files:
        notes[DROPPED_FILES] = [file._asdict() for file in form.files]
    if form.dropped_parts:
        notes[DROPPED_PARTS] = form.dropped_parts
    return {**notes, **form.fields, **notes}  # at the beginning, where they are kept


def _in_utf8(body: bytes, charset: str) -> bytes:
    if charset == UTF_8:
        return body
    if charset == UNKNOWN:
        return decode_leniently(body, charset).encode()
    try:
        return decode_strictly(body, charset).encode()
    except UnicodeDecodeError as error:
        raise InvalidJson(f"The body is not {charset} (byte {error.start})") from None
