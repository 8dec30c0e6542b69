"""A webhook's own rate limit: deliveries a second, evenly spaced.

The state is one time, `next_permit_at`: when the next permit is. Each delivery moves it on by one
permit.
"""

from __future__ import annotations

from datetime import datetime, timedelta

#: Unused permits of this long are made up for; a longer lull is forgotten, or a burst would follow.
MADE_UP = timedelta(seconds=0.05)


def permits(next_permit_at: datetime | None, rate: int, now: datetime) -> int:
    """How many deliveries may leave now at `rate` a second."""
    next_permit = _next_permit(next_permit_at, now)
    return (now - next_permit) // _interval(rate) + 1 if next_permit <= now else 0


def use_permits(next_permit_at: datetime | None, rate: int, count: int, now: datetime) -> datetime:
    """When the next permit is after `count` deliveries."""
    return _next_permit(next_permit_at, now) + count * _interval(rate)


def _next_permit(next_permit_at: datetime | None, now: datetime) -> datetime:
    return now if next_permit_at is None else max(next_permit_at, now - MADE_UP)


def _interval(rate: int) -> timedelta:
    return timedelta(seconds=1 / rate)
