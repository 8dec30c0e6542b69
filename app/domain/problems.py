"""What is wrong with a submission, gathered field by field, so that it is all said at once."""

from __future__ import annotations

#: Problems reported of one submission; further ones would tell its author nothing new.
PROBLEMS_MAX = 20

_NAME_CHARS_MAX = 60


class Problems:
    """Field names with what is wrong with each and what would be right."""

    def __init__(self) -> None:
        self.by_field: dict[str, str] = {}

    def add(self, field: str, message: str) -> None:
        """Note a problem; a field's first one stands."""
        if len(self.by_field) < PROBLEMS_MAX:
            self.by_field.setdefault(shown(field), message)


def shown(text: str) -> str:
    """Text from outside as any answer can carry it: short and without control characters."""
    cut = text if len(text) <= _NAME_CHARS_MAX else text[:_NAME_CHARS_MAX] + "…"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
