"""Cleaning of what came from outside, whatever its shape: texts, odd numbers, too much of it.

Texts are made storable (`app.domain.text.untrusted_text`). What shows that something went wrong at
the sender (NUL characters, lone surrogates, NaN, Infinity) is noted as a problem of its field too.
What is beyond the budget is dropped: see `app.domain.submission.reading_budget`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from app.domain.submission.problems import Problems
from app.domain.submission.reading_budget import (
    NORMALISED_BYTES_MAX,
    VALUES_READ_MAX,
    ReadingBudget,
)
from app.domain.text.untrusted_text import (
    clean_text,
    clean_unicode,
    comes_apart,
    has_surrogate,
    is_odd,
)

#: Numbers beyond these are kept as text, digit by digit, since readers would round them off:
#: integers of more than 64 bits, floats too large to tell one whole number from the next.
INTEGER_LIMIT = 2**63
FLOAT_LIMIT = 2.0**53
#: Integers beyond this are refused: writing one as text takes time that is quadratic in its length.
INTEGER_BITS_MAX = 1024

#: Levels of nesting that are read at all; deeper ones nobody means.
LEVELS_READ_MAX = 32

#: Longer lists are read after all that is beside them, which tells more.
_SHORT_LIST = 20
#: Bytes of the budget that a text in ASCII takes for line breaks and the like; that another takes
#: besides when something must be taken out of it; and each character of one with musical notes.
_BYTES_OF_BREAKS, _BYTES_AN_ODD_TEXT, _BYTES_APART = 128, 300, 12


def is_exact(number: int | float) -> bool:
    """Whether storage and its readers can hold this number as it is."""
    if isinstance(number, int):
        return -INTEGER_LIMIT <= number < INTEGER_LIMIT
    return -FLOAT_LIMIT < number < FLOAT_LIMIT


class Cleaner:
    """Cleans decoded JSON or form values and notes what cannot be kept."""

    def __init__(
        self,
        problems: Problems,
        values_max: int = VALUES_READ_MAX,
        bytes_max: int = NORMALISED_BYTES_MAX,
    ) -> None:
        self.problems = problems
        self._budget = ReadingBudget(values_max, bytes_max)

    @property
    def dropped(self) -> int:
        """How many values were too many, or cut."""
        return self._budget.dropped

    def clean_fields(self, fields: Mapping[str, object]) -> dict[str, object]:
        """The top-level fields that hold something: empty and null ones are absent."""
        cleaned = self._members(fields, "", level=1, prefix="")
        return {name: kept for name, kept in cleaned.items() if kept is not None and kept != ""}

    def _value(self, field: str, value: object, level: int) -> object:
        if isinstance(value, str):
            plain = value.isascii() and value.isprintable()
            return value.strip() if plain else self._text(field, value)
        if value is None or value is True or value is False:
            return value
        if type(value) is int or type(value) is float:
            return value if is_exact(value) else self._number(field, value)
        if level > LEVELS_READ_MAX:
            self.problems.add(field, f"is nested deeper than {LEVELS_READ_MAX} levels")
            return None
        if isinstance(value, dict):
            prefix = "metadata." if level == 1 and field == "metadata" else None
            return self._members(value, field, level + 1, prefix)
        if isinstance(value, list):
            return self._items(value, field, level + 1)
        self.problems.add(field, "is not a JSON value")
        return None

    def _members(
        self, members: Mapping[str, object], field: str, level: int, prefix: str | None = None
    ) -> dict[str, object]:
        """An object's members. Problems belong to `field`, or each to its own with this prefix."""
        cleaned: dict[str, object] = {}
        long_lists: list[tuple[str, str, list[object]]] = []
        all_taken = self._budget.takes_all(len(members), level)
        for count, (name, value) in enumerate(members.items(), 1):
            if (all_taken and not self._budget.is_over) or self._budget.takes(name, value, level):
                own = field if prefix is None else prefix + name
                plain = name.isascii() and name.isprintable()
                key = name.strip() if plain else self._name(own, name)
                if key is not None and isinstance(value, list) and len(value) > _SHORT_LIST:
                    cleaned[key] = None  # its place
                    long_lists.append((key, own, value))
                elif key is not None:
                    cleaned[key] = self._value(own, value, level)
            elif self._budget.is_spent(level):
                self._budget.dropped += len(members) - count
                break
        for key, own, value in long_lists:
            cleaned[key] = self._value(own, value, level)
        return cleaned

    def _items(self, items: Sequence[object], field: str, level: int) -> list[object]:
        cleaned: list[object] = []
        all_taken = self._budget.takes_all(len(items), level)
        for count, item in enumerate(items, 1):
            if (all_taken and not self._budget.is_over) or self._budget.takes("", item, level):
                cleaned.append(self._value(field, item, level))
            elif self._budget.is_spent(level):
                self._budget.dropped += len(items) - count
                break
        return cleaned

    def _name(self, field: str, name: str) -> str | None:
        """A name; None: there is no room for the whole of it, and so for what it names."""
        dropped = self.dropped
        key = self._text(field, name)
        return key if self.dropped == dropped else None

    def _text(self, field: str, text: str) -> str:
        if "\0" in text:
            self.problems.add(field, "contains a NUL character (U+0000): remove it")
        if text.isascii():
            return clean_text(text) if self._budget.charge(_BYTES_OF_BREAKS) else ""
        text = self._budget.cut(text)
        odd = is_odd(text)
        if odd:
            apart = _BYTES_APART * len(text) if comes_apart(text) else 0
            if not self._budget.charge(_BYTES_AN_ODD_TEXT + apart):
                return ""
        cleaned = clean_unicode(text, odd=odd)
        if "\ufffd" in cleaned and has_surrogate(text):
            self.problems.add(field, "contains half of a surrogate pair: send whole characters")
        return cleaned

    def _number(self, field: str, number: int | float) -> object:
        """A number that cannot be held as it is, digit by digit."""
        if isinstance(number, float) and not isfinite(number):
            self.problems.add(field, "is NaN or Infinity: send a finite number")
            return None
        if isinstance(number, int) and number.bit_length() > INTEGER_BITS_MAX:
            self.problems.add(field, "is a number of hundreds of digits: send it as a text")
            return None
        return str(number)
