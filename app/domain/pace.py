"""A webhook's own rate limit: deliveries a second, evenly spaced.

The state is one time, `paced_until`: when the next turn is. Each delivery moves it on by one turn.
"""

from __future__ import annotations

from datetime import datetime, timedelta

#: Unused turns of this long are made up for; a longer lull is forgotten, or a burst would follow.
MADE_UP = timedelta(seconds=0.05)


def turns(paced_until: datetime | None, rate: int, now: datetime) -> int:
    """How many deliveries may leave now at `rate` a second."""
    next_turn = _next_turn(paced_until, now)
    return (now - next_turn) // _interval(rate) + 1 if next_turn <= now else 0


def use_turns(paced_until: datetime | None, rate: int, count: int, now: datetime) -> datetime:
    """When the next turn is after `count` deliveries."""
    return _next_turn(paced_until, now) + count * _interval(rate)


def _next_turn(paced_until: datetime | None, now: datetime) -> datetime:
    return now if paced_until is None else max(paced_until, now - MADE_UP)


def _interval(rate: int) -> timedelta:
    return timedelta(seconds=1 / rate)
