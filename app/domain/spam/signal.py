"""A signal: something that spam has more often than leads have."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from app.domain.spam.facts import Facts


class Signal(NamedTuple):
    """Its points count when it is there."""

    name: str
    points: float
    is_there: Callable[[Facts], bool]


class Group(NamedTuple):
    """Signals that need not be looked for in a capture to which they cannot apply."""

    #: None: they apply to all.
    matters: Callable[[Facts], bool] | None
    signals: tuple[Signal, ...]
