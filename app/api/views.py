"""What callers see of stored rows."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import msgspec

from app.domain.times import rfc3339

View = TypeVar("View", bound=msgspec.Struct)


def view_of(kind: type[View], row: object, **others: object) -> View:
    """A view with the row's fields of the same names, times as text, and with `others`."""
    names = [name for name in kind.__struct_fields__ if name not in others]
    return kind(**{name: _shown(getattr(row, name)) for name in names}, **others)


def _shown(value: object) -> object:
    return rfc3339(value) if isinstance(value, datetime) else value
