"""How far this host's clock is from the database's, which all processes share."""

from __future__ import annotations

#: Seconds of difference that are warned of.
SKEW_MAX_SECONDS = 0.5


def clock_skew(database_at: float, asked_at: float, answered_at: float) -> float:
    """Seconds by which this host's clock is ahead at least; 0 while it may be right.

    All are Unix times: of the database in between, and of this host before and after.
    """
    if database_at < asked_at:
        return asked_at - database_at
    return min(0.0, answered_at - database_at)
