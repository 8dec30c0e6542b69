"""What is wanted of a submission that is too large to be kept whole: the visitor's own fields."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.labels.labels import LABEL_CHARS_MAX, field_of_usual_label
from app.domain.touch.first_touch import PARAMETERS

#: Longest text that may be an address, also beside a name, in characters.
_ADDRESS_CHARS_MAX = 400
_PARAMETERS = frozenset(PARAMETERS)


def is_wanted(name: str, value: object) -> bool:
    """Whether a field may be the visitor's own: an address, or one with a usual name.

    In a microsecond: it is asked of each of hundreds of fields.
    """
    if isinstance(value, str) and "@" in value and len(value) <= _ADDRESS_CHARS_MAX:
        return True
    if len(name) > LABEL_CHARS_MAX:
        return False
    if name[-1:] == "]" or "." in name:  # `contact.email`, `wpforms[fields][email]`
        name = name.rstrip("]").rpartition("[")[2].rpartition(".")[2]
    return name in _PARAMETERS or field_of_usual_label(name) is not None


def wanted_first(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields with those that are wanted first, else in their order."""
    wanted = {name: value for name, value in fields.items() if is_wanted(name, value)}
    return {**wanted, **fields}
