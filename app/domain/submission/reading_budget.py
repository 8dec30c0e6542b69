"""How much of a submission is read: the work is bounded before it begins, and no lead lost by it.

What is beyond the budget is dropped and counted. Of that only what may be the visitor's own is
read: addresses, and texts under the usual names of a lead's fields.
"""

from __future__ import annotations

from collections import Counter

from app.domain.submission.wanted import is_wanted

#: Values that are read: those of a form of 60 questions that come with their definitions. Objects,
#: lists and fields of the top level, which are looked at more often, count twice.
VALUES_READ_MAX = 1_400
#: Bytes of text beyond ASCII that are normalised: more could not be kept.
NORMALISED_BYTES_MAX = 18 * 1024
#: Bytes that each such text takes besides, since its label is looked up for more, too.
_BYTES_A_TEXT = 64
#: Values beyond that are looked at, at the top level and inside.
_TOP_LOOKS_MAX, _LOOKS_MAX = 200, 100
#: Those of them that are read (addresses and others, at the top level and inside), and bytes.
_WANTED_MAX, _WANTED_BYTES_MAX = 30, 2 * 1024
#: Bytes that a character takes at most.
_BYTES_A_CHARACTER = 4


class ReadingBudget:
    """What is left to read of one submission; `dropped` counts the values that are not, or cut."""

    def __init__(self, values_max: int, bytes_max: int) -> None:
        self.dropped = 0
        #: Whether only what is wanted is read any more.
        self.is_over = False
        self._values_left, self._bytes_left = values_max, bytes_max
        self._looks_left = {True: _TOP_LOOKS_MAX, False: _LOOKS_MAX}
        self._wanted = Counter[tuple[bool, bool]]()

    def is_spent(self, level: int) -> bool:
        """Whether nothing more is even looked at on a level; the top one is 1."""
        return self._looks_left[level == 1] <= 0

    def takes_all(self, count: int, level: int) -> bool:
        """Whether all values in an object or a list are within the budget, which counts them."""
        count = 2 * count if level == 1 else count + 1
        if self.is_over or self._values_left < count:
            return False
        self._values_left -= count
        return True

    def takes(self, name: str, value: object, level: int) -> bool:
        """Whether a value is to be read: it is within the budget, or wanted."""
        if not self.is_over:
            self._values_left -= 2 if level == 1 else 1
            if self._values_left >= 0:
                return True
            self._be_over()
        return self._is_wanted(name, value, level)

    def cut(self, text: str) -> str:
        """What can be normalised of a text beyond ASCII."""
        size = len(text.encode("utf-8", "surrogatepass"))
        before = self._bytes_left
        if self.charge(size + _BYTES_A_TEXT):
            return text
        return text[: max(0, before - _BYTES_A_TEXT) // _BYTES_A_CHARACTER]

    def charge(self, size: int) -> bool:
        """Take bytes of the budget; without as many, a value counts as dropped."""
        self._bytes_left -= size
        if self._bytes_left >= 0:
            return True
        self.dropped += 1
        self._be_over()
        return False

    def _be_over(self) -> None:
        if not self.is_over:
            self.is_over = True
            self._bytes_left = max(self._bytes_left, _WANTED_BYTES_MAX)

    def _is_wanted(self, name: str, value: object, level: int) -> bool:
        self._looks_left[level == 1] -= 1
        if not self.is_spent(level):
            if isinstance(value, dict | list):
                return bool(value) and not self.is_spent(level + 1)  # for what is inside
            if isinstance(value, str) and is_wanted(name, value):
                # Neither `title` in each definition nor what is inside takes another's place.
                kind = (level == 1, "@" in value)
                self._wanted[kind] += 1
                if self._wanted[kind] <= _WANTED_MAX:
                    return True
        self.dropped += 1
        return False
