"""The head of an answer, read without the parser of e-mail.

http.client hands header lines to that parser, and urllib3 copies what comes of it: for an answer of
five lines that took longer than all else that an attempt does in Python. What is done about the
body is http.client's.
"""

import http.client
from http.client import HTTPException, HTTPMessage, UnknownProtocol
from typing import BinaryIO

#: Header lines of one answer; the budget bounds their bytes.
_LINES_MAX = 100
_BODILESS = (204, 304)


class Response(http.client.HTTPResponse):
    """An answer to a POST request."""

    def begin(self) -> None:
        """Read the head of the final answer; raises HTTPException, OSError."""
        version, status, reason = self._read_status()  # type: ignore[attr-defined]
        while status == http.client.CONTINUE:
            _read_headers(self.fp)
            version, status, reason = self._read_status()  # type: ignore[attr-defined]
        if not version.startswith(("HTTP/0.9", "HTTP/1.")):
            raise UnknownProtocol(version)
        self.version = 10 if version in ("HTTP/0.9", "HTTP/1.0") else 11
        self.status, self.reason = status, reason.strip()
        self.headers = self.msg = _read_headers(self.fp)
        self._frame()

    def _frame(self) -> None:
        """Find out where the body ends, in the config of http.client."""
        self.chunked = (self.headers.get("transfer-encoding") or "").lower() == "chunked"
        self.chunk_left = None
        self.length = None if self.chunked else _length(self.headers.get("content-length"))
        if self.status < 200 or self.status in _BODILESS:
            self.length = 0
        endless = not self.chunked and self.length is None
        self.will_close = endless or self._check_close()  # type: ignore[attr-defined]


def _read_headers(stream: BinaryIO) -> HTTPMessage:
    """Read up to the empty line. A line that is no header is passed over."""
    headers = HTTPMessage()
    for _ in range(_LINES_MAX):
        line = stream.readline()
        if line in (b"\r\n", b"\n", b""):
            return headers
        name, colon, value = line.decode("iso-8859-1").partition(":")
        if colon and name and name == name.strip():
            headers[name] = value.strip()
    raise HTTPException(f"more than {_LINES_MAX} header lines")


def _length(header: str | None) -> int | None:
    try:
        length = int(header or "")
    except ValueError:
        return None
    return length if length >= 0 else None
