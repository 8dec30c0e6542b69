"""Takes the contents of files out of a multipart body while it arrives.

Files are dropped anyway, and most are larger than any body may be: without their contents the lead
that came with them fits. Of each file its head stays, and its size as Content-Length.
"""

from __future__ import annotations

#: A head that is longer is no head of a file.
_HEAD_BYTES_MAX = 4096
#: A form with more parts is refused: nothing is dropped of what comes after them.
_PARTS_MAX = 1_000
_LINE_END, _BLANK_LINE = b"\r\n", b"\r\n\r\n"


class FileContents:
    """Passes on everything but the contents of files; the work grows with the body's size only."""

    def __init__(self, boundary: bytes) -> None:
        self._line = b"--" + boundary
        self._end = _LINE_END + self._line
        #: What was not passed on or dropped yet begins at this index.
        self._waiting, self._at = b"", 0
        self._is_start = True
        self._parts_left = _PARTS_MAX
        #: The head of the file that is being dropped, and how much of it was.
        self._head: bytes | None = None
        self._dropped = 0

    def take(self, chunk: bytes) -> bytes:
        """What is kept of a chunk, and of those before that had to wait for it."""
        self._waiting, self._at = self._waiting[self._at :] + chunk, 0
        kept = []
        while (piece := self._next()) is not None:
            kept.append(piece)
        return b"".join(kept)

    def rest(self) -> bytes:
        """What is kept of the last chunks, once there are no more."""
        return (self._head or b"") + self._waiting[self._at :]

    def _next(self) -> bytes | None:
        """The next piece that is kept; None: what comes after it must arrive first."""
        return self._keep() if self._head is None else self._drop(self._head)

    def _drop(self, head: bytes) -> bytes | None:
        end = self._waiting.find(self._end, self._at)
        is_whole = end >= 0
        if not is_whole:
            end = max(self._at, len(self._waiting) - len(self._end) + 1)
        self._dropped += end - self._at
        self._at = end
        if not is_whole:
            return None
        self._head = None
        return head + b"\r\nContent-Length: %d" % max(0, self._dropped) + _BLANK_LINE

    def _keep(self) -> bytes | None:
        if not self._parts_left:
            return self._pass_on(len(self._waiting))
        start = self._next_line()
        if start < 0:
            return self._pass_on(len(self._waiting) - len(self._end) + 1)
        head_end = self._waiting.find(_BLANK_LINE, start)
        if head_end < 0:
            is_head = len(self._waiting) - start <= _HEAD_BYTES_MAX
            return self._pass_on(start - len(_LINE_END) if is_head else len(self._waiting))
        self._parts_left -= 1
        head = self._waiting[start:head_end]
        if b"filename" not in head.lower():
            return self._pass_on(head_end + len(_LINE_END))
        kept = self._pass_on(start) or b""
        # Of an empty file the blank line may be all that is before the next boundary.
        self._head, self._dropped = head, -len(_LINE_END)
        self._at, self._is_start = head_end + len(_LINE_END), False
        return kept

    def _next_line(self) -> int:
        """Where the next line with a boundary is; negative: nowhere yet."""
        if self._is_start and self._waiting.startswith(self._line):
            return 0
        at = self._waiting.find(self._end, self._at)
        return at + len(_LINE_END) if at >= 0 else at

    def _pass_on(self, end: int) -> bytes | None:
        if end <= self._at:
            return None
        passed = self._waiting[self._at : end]
        self._at, self._is_start = end, False
        return passed
