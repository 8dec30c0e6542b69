"""What the clients and the receivers write down, one JSON object per line, as it happens.

Both are processes of their own and neither is ever disturbed, so their journals are the truth that
the system is measured against. Times are this machine's monotonic clock, the same in every process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

import msgspec


class Post(msgspec.Struct):
    """One request of a client, and what came of it."""

    #: Number of the lead; a double click has one number and two posts.
    lead: int
    #: `capture` or `edit`.
    kind: str
    email: str
    at: float
    seconds: float
    #: None: no answer came.
    status: int | None
    #: Whether there was a connection at all.
    reached: bool
    capture_id: str | None = None
    contact_id: str | None = None

    @property
    def accepted(self) -> bool:
        return self.status in (200, 201, 202)

    @property
    def refused(self) -> bool:
        """The caller was told that it was not taken."""
        return self.status is not None and not self.accepted

    @property
    def unknown(self) -> bool:
        """Sent, and never answered: it may be recorded and need not."""
        return self.status is None and self.reached


class Reception(msgspec.Struct):
    """One request that a receiver got."""

    receiver: str
    event_id: str
    event_type: str
    contact_id: str | None
    delivery_id: str
    attempt: int
    at: float
    #: When the answer had left, or the connection was gone.
    until: float
    #: None: no whole answer left.
    status: int | None
    verified: bool

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


Line = TypeVar("Line", Post, Reception)


class Writer:
    """Appends lines to a journal; each is there for readers at once."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._encoder = msgspec.json.Encoder()

    def write(self, line: Post | Reception) -> None:
        """Writes one line; safe from several threads."""
        os.write(self._descriptor, self._encoder.encode(line) + b"\n")


class Reader(Generic[Line]):
    """Reads a journal while it is being written."""

    def __init__(self, path: Path, kind: type[Line]) -> None:
        self._path = path
        self._decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(kind)
        self._offset = 0
        self.lines: list[Line] = []

    def refresh(self) -> list[Line]:
        """Everything that was written so far."""
        self.lines += self._new_lines()
        return self.lines

    def _new_lines(self) -> Iterator[Line]:
        if not self._path.exists():
            return
        with self._path.open("rb") as journal:
            journal.seek(self._offset)
            for line in journal:
                if not line.endswith(b"\n"):
                    break  # it is being written
                self._offset += len(line)
                yield self._decoder.decode(line)
