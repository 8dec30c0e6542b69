"""A signal: something more common in spam than in leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from app.domain.spam_score.facts import Facts


class Signal(NamedTuple):
    """Its points count when it is there."""

    name: str
    points: float
    is_there: Callable[[Facts], bool]


class Group(NamedTuple):
    """Signals that are skipped for captures to which they cannot apply."""

    #: None: they apply to all.
    matters: Callable[[Facts], bool] | None
    signals: tuple[Signal, ...]
