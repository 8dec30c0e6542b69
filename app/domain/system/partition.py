"""Partitions of the hot tables: how long each is, which are missing, and which are past their age.

A partition holds the rows of some days (UTC), by the time in their ids. Times here are ULIDs or
beginnings of them, without a type prefix.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from app.domain.ids import first_ulid_at, time_of

#: About so many partitions are within the age at which rows go, some seven in all. Claims, lists
#: and plans have each of them (docs/decisions/0019-hot-tables-are-partitioned.md has the figures).
WITHIN_RETENTION = 4
#: The longest, also where rows are kept for good.
DAYS_MAX = 28
#: So far ahead there is always one.
AHEAD = timedelta(days=3)

#: Milliseconds take 10 digits of a ULID; the rest is chance.
_TIME_DIGITS = 10
#: The last one that is a date for Python.
_LAST = first_ulid_at(253_402_300_799_000)


class Partition(NamedTuple):
    """A partition from `first` up to, without, `end`; "" and "": the default one."""

    name: str
    #: "": whatever is older.
    first: str
    end: str

    @property
    def is_regular(self) -> bool:
        """Whether it holds some days only: not everything before it, nor what fits nowhere."""
        return bool(self.first and self.end)


class Span(NamedTuple):
    """From a midnight up to another."""

    first: datetime
    end: datetime

    @property
    def ulids(self) -> tuple[str, str]:
        """The same as beginnings of ULIDs."""
        first, end = (first_ulid_at(int(at.timestamp() * 1000)) for at in self)
        return first[:_TIME_DIGITS], end[:_TIME_DIGITS]


def days_of(retention_days: int) -> int:
    """How many days a partition holds, where rows go after so many days; 0: never."""
    if not retention_days:
        return DAYS_MAX
    return max(1, min(DAYS_MAX, round(retention_days / WITHIN_RETENTION)))


def missing(
    partitions: Sequence[Partition], days: int, now: datetime, newest_astray: str | None = None
) -> list[Span]:
    """What partitions to make, so that there is one for all of the next days.

    `newest_astray`: the latest ULID in the default partition that the next one would include. Where
    such rows are no partition can be made: they stay, and it begins after them.
    """
    ends = [_moment(each.end) for each in partitions if each.end]
    first = max([*ends, _midnight(now)])
    if newest_astray is not None:
        first = max(first, _midnight(_moment(newest_astray)) + timedelta(days=1))
    spans: list[Span] = []
    while first < now + AHEAD:
        spans.append(Span(first, first + timedelta(days=days)))
        first = spans[-1].end
    return spans


def covered_until(partitions: Sequence[Partition]) -> datetime | None:
    """Up to when rows have a partition of their own; None: never had."""
    return max((_moment(each.end) for each in partitions if each.end), default=None)


def past(partitions: Sequence[Partition], before: str) -> list[Partition]:
    """Those that hold nothing from that ULID on, the oldest first."""
    return sorted((p for p in partitions if p.end and p.end <= before), key=lambda p: p.end)


def walk_up_to(partitions: Sequence[Partition], before: str) -> str:
    """Up to which ULID to delete row by row, if rows before that one are to go.

    A partition that is past its age in part only waits until it can be dropped as a whole.
    """
    for each in partitions:
        if each.is_regular and each.first < before < each.end:
            return each.first
    return before


def open_span(
    partitions: Sequence[Partition], open_ones: Collection[str], soon: Sequence[str]
) -> tuple[str, str] | None:
    """The range that the named partitions and those of the ULIDs in `soon` span.

    None: they are not all regular, or not all of `soon` have one.
    """
    wanted = [each for each in partitions if each.name in open_ones]
    for ulid in soon:
        wanted += [each for each in partitions if each.first <= ulid < each.end]
    if len(wanted) < len(open_ones) + len(soon) or not all(each.end for each in wanted):
        return None
    return min(each.first for each in wanted), max(each.end for each in wanted)


def _moment(ulid: str) -> datetime:
    return time_of(min(ulid[:_TIME_DIGITS].ljust(26, "0"), _LAST))


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
