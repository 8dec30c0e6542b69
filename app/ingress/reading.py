"""Reading a request's body into a submission, whatever its encoding.

Two steps, so that what was typed is at hand when the second one refuses it:

    received = await read_request(scope, receive)     400, 413, 415
    submission = received.submission(page_host)       400 for JSON; 422 with the fields
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import Receive, Scope

from app.domain.errors import InvalidCapture, InvalidJson, PayloadTooLarge
from app.domain.submission import Submission, parse_fields, parse_json
from app.ingress.forms import Form, read_multipart, read_urlencoded
from app.ingress.media_type import Encoding, MediaType, read_media_type

#: Largest body taken, in bytes.
BODY_BYTES_MAX = 64 * 1024
#: Time for a body to arrive, in seconds; who drips longer holds a connection and means no good.
BODY_SECONDS_MAX = 10.0


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
        if self._form.refused:
            raise InvalidCapture(self._form.refused)
        return parse_fields(self._form.fields, page_host)


async def read_request(
    scope: Scope, receive: Receive, seconds_max: float = BODY_SECONDS_MAX
) -> Received:
    """The body of a request. Raises `PayloadTooLarge`, `UnsupportedMediaType`, or `InvalidJson`
    when it is broken or too slow.
    """
    headers = Headers(scope=scope)
    body = await read_body(receive, headers.get("content-length", ""), seconds_max)
    return decode_body(body, headers.get("content-type", ""), headers.get("content-encoding", ""))


def decode_body(body: bytes, content_type: str, content_encoding: str = "") -> Received:
    """A whole body by its headers ("" where absent). Raises as `read_request`."""
    media_type = read_media_type(content_type, content_encoding, body)
    if media_type.encoding is Encoding.JSON:
        return Received(_in_utf8(body, media_type.codec))
    return Received(b"", _read_form(body, media_type))


async def read_body(
    receive: Receive, content_length: str = "", seconds_max: float = BODY_SECONDS_MAX
) -> bytes:
    """All of a body. Raises `PayloadTooLarge`, or `InvalidJson` when it does not come in time."""
    if content_length.isdecimal() and int(content_length[:20]) > BODY_BYTES_MAX:
        raise PayloadTooLarge
    try:
        async with asyncio.timeout(seconds_max):
            return await _gather_body(receive)
    except TimeoutError:
        raise InvalidJson(f"The body did not arrive within {seconds_max:g} s") from None


async def _gather_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidJson("The body was cut off")
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise PayloadTooLarge
        more = message.get("more_body", False)
    return body


def _read_form(body: bytes, media_type: MediaType) -> Form:
    if media_type.encoding is Encoding.MULTIPART:
        return read_multipart(body, media_type.boundary, media_type.codec)
    return read_urlencoded(body, media_type.codec)


def _in_utf8(body: bytes, codec: str) -> bytes:
    if codec == "utf-8":
        return body
    try:
        return body.decode(codec).encode()
    except UnicodeDecodeError as error:
        raise InvalidJson(f"The body is not {codec} (byte {error.start})") from None
