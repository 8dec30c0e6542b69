"""The head of an answer, bounded in bytes, and the stream that it comes from.

http.client hands header lines to the parser of e-mail, which takes 50 microseconds for five lines
instead of 12 (a whole attempt takes 180), loses all headers behind a malformed line, and fails at
100 lines; its `begin` takes 102 and 103 for final answers. It still reads the body.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
from http.client import BadStatusLine, HTTPMessage, RemoteDisconnected
from time import monotonic
from typing import Any

from app.domain.delivery.attempt import ErrorClass
from workers.sending.budget import AttemptStopped, Budget

_STATUS_LINE = re.compile(
    rb"HTTP/(0\.9|1\.[0-9]+)[ \t]+([1-9][0-9]{2})(?:[ \t]+([^\r\n]*))?\s*", re.ASCII
)
_LENGTH = re.compile("[0-9]{1,18}")
_OLD_VERSIONS = (b"0.9", b"1.0")
SWITCHING_PROTOCOLS = 101
_BODILESS = (SWITCHING_PROTOCOLS, 204, 304)


class _Incoming(io.RawIOBase):
    """What arrives on a connection, counted and timed for the attempt's budget."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        # Holds the socket open when http.client closes the connection before the body is read.
        self._stream = sock.makefile("rb", buffering=0)
        self._budget = budget

    def makefile(self, mode: str) -> io.BufferedReader:
        """Stand in for the socket when http.client asks for a file to read from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Receive once; raises TimeoutError, AttemptStopped when the budget is spent."""
        budget = self._budget
        if budget.receivable_bytes <= 0:
            raise AttemptStopped(ErrorClass.INVALID_RESPONSE, "the answer's headers never ended")
        budget.check()
        asked_at = monotonic()
        received = self._stream.readinto(buffer) or 0
        came_at = monotonic()
        budget.waited_seconds += came_at - asked_at
        budget.receivable_bytes -= received
        if not received:
            budget.check()  # or is it the end because `Deadlines` made one?
        elif budget.first_byte_at is None:
            budget.first_byte_at = came_at
        return received

    def close(self) -> None:
        self._stream.close()
        super().close()


class Response(http.client.HTTPResponse):
    """The final answer to a POST request."""

    def __init__(self, budget: Budget, sock: socket.socket, **options: Any) -> None:
        super().__init__(_Incoming(sock, budget), **options)  # type: ignore[arg-type]

    def begin(self) -> None:
        """Read up to the end of the head; raises HTTPException, OSError, AttemptStopped."""
        self.status = 100
        while self.status < 200 and self.status != SWITCHING_PROTOCOLS:
            line = self._line()
            match = _STATUS_LINE.fullmatch(line)
            if match is None:
                raise BadStatusLine(repr(line))
            self.version = 10 if match[1] in _OLD_VERSIONS else 11
            self.status = int(match[2])
            self.reason = ""
            self.headers = self.msg = self._read_headers()
        self._find_end(self.headers)

    def _read_headers(self) -> HTTPMessage:
        """Read up to the empty line. A line that is not a header is skipped."""
        headers = HTTPMessage()
        while (line := self._line()) not in (b"\r\n", b"\n"):
            name, colon, value = line.decode("iso-8859-1").partition(":")
            if colon and name and name == name.strip():
                headers[name] = value.strip()
        return headers

    def _line(self) -> bytes:
        line = self.fp.readline()
        if not line.endswith(b"\n"):
            raise RemoteDisconnected("the connection ended within the head")
        return line

    def _find_end(self, headers: HTTPMessage) -> None:
        """Set what tells http.client where the body ends and whether the connection stays."""
        self.chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        lengths = set(headers.get_all("content-length", []))
        length = lengths.pop() if len(lengths) == 1 and not self.chunked else ""
        self.length = int(length) if _LENGTH.fullmatch(length) else None
        if self.status in _BODILESS:
            self.length = 0
        connection = headers.get("connection", "").lower()
        stays = "close" not in connection if self.version == 11 else "keep-alive" in connection
        self.will_close = not stays or (not self.chunked and self.length is None)
