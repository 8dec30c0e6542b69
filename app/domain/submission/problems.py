"""The problems of a submission, collected by field so that all are reported at once."""

from __future__ import annotations

#: Problems reported per submission; more would tell its author nothing new.
PROBLEMS_MAX = 20

_NAME_CHARS_MAX = 60


class Problems:
    """Field names, each with what is wrong and how to fix it."""

    def __init__(self) -> None:
        self.by_field: dict[str, str] = {}
        self._fields: set[str] = set()

    def add(self, field: str, message: str) -> None:
        """Note a problem; only the first one of a field is kept."""
        if field not in self._fields and len(self.by_field) < PROBLEMS_MAX:
            self._fields.add(field)
            self.by_field.setdefault(shown(field), message)


def shown(text: str) -> str:
    """Text from outside, made safe for any answer: short, no control characters."""
    cut = text if len(text) <= _NAME_CHARS_MAX else text[:_NAME_CHARS_MAX] + "…"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
