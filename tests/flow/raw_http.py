"""HTTP/1.1 as bytes on a socket, for what no client library would send."""

from __future__ import annotations

import socket
from typing import NamedTuple

PATIENCE_SECONDS = 30.0


class Answer(NamedTuple):
    """What a server said; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One connection, whose answers are read in turn."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self._file = self._socket.makefile("rb")

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read_answer(self) -> Answer:
        """The next answer."""
        status = int(self._file.readline().split()[1])
        headers: dict[str, str] = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        return Answer(status, headers, self._file.read(int(headers.get("content-length", 0))))

    def is_closed(self) -> bool:
        """Whether the server closes the connection without another answer, in good order or not."""
        try:
            return self._file.read() == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def request(
    method: str = "POST",
    target: str = "/capture",
    *,
    headers: tuple[str, ...] = ("Host: localhost",),
    body: bytes = b"",
    version: str = "1.1",
) -> bytes:
    """A request with these header lines, and JSON as its body."""
    lines = [f"{method} {target} HTTP/{version}", *headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
