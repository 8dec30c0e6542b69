"""Partitions: how long, which to make and when, which are past their age."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain.ids import first_ulid_at
from app.domain.system.partition import (
    Partition,
    Span,
    covered_until,
    days_of,
    missing,
    open_span,
    past,
    walk_up_to,
)

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)


def ulid(day: int, hour: int = 0) -> str:
    at = datetime(2026, 3, day, hour, tzinfo=UTC)
    return first_ulid_at(int(at.timestamp() * 1000))


def day(number: int) -> datetime:
    return datetime(2026, 3, number, tzinfo=UTC)


def partition(first: int, end: int) -> Partition:
    return Partition(f"p{first}", ulid(first)[:10] if first else "", ulid(end)[:10])


DEFAULT = Partition("default", "", "")
BEFORE = partition(0, 10)


@pytest.mark.parametrize(("kept", "days"), [(90, 22), (30, 8), (7, 2), (1, 1), (365, 28), (0, 28)])
def test_about_four_partitions_are_within_the_age(kept: int, days: int) -> None:
    assert days_of(kept) == days


#: Partitions, days of each, the newest row astray, and the first and last day of those to make.
MISSING = {
    "covered for three days": ([BEFORE, partition(10, 20), DEFAULT], 7, None, []),
    "the next one": ([BEFORE, partition(10, 17), DEFAULT], 7, None, [(17, 24)]),
    "as many as it takes": ([partition(0, 17)], 1, None, [(17, 18), (18, 19), (19, 20)]),
    "not what has passed": ([partition(0, 10), DEFAULT], 7, None, [(16, 23)]),
    "none yet": ([DEFAULT], 7, None, [(16, 23)]),
    "after rows astray": ([BEFORE, DEFAULT], 7, ulid(16, 11), [(17, 24)]),
    "however old they are": ([BEFORE, partition(10, 17)], 7, ulid(3), [(17, 24)]),
    "or far ahead": ([BEFORE, partition(10, 17)], 7, ulid(21), []),
}


@pytest.mark.parametrize(
    ("partitions", "days", "astray", "expected"), MISSING.values(), ids=MISSING
)
def test_there_is_always_one_for_the_next_days(
    partitions: list[Partition], days: int, astray: str | None, expected: list[tuple[int, int]]
) -> None:
    spans = missing(partitions, days, NOW, astray)
    assert spans == [Span(day(first), day(end)) for first, end in expected]


def test_a_span_s_ulids_are_those_of_its_days() -> None:
    first, end = Span(day(16), day(17)).ulids
    assert first < ulid(16) < ulid(16, 23) < end < ulid(17)
    assert covered_until([partition(0, 17), DEFAULT]) == day(17)
    assert covered_until([DEFAULT]) is None


def test_an_end_that_is_no_date_is_the_last_one_there_is() -> None:
    until = covered_until([Partition("p", "", "7ZZZZZZZZZ")])
    assert until is not None
    assert until.year == 9999


@pytest.mark.parametrize(
    ("before", "gone", "up_to"),
    [
        (ulid(20), ["p0", "p10"], ulid(20)),
        (ulid(17), ["p0", "p10"], ulid(17)),
        # What is past its age in part waits as a whole, and what is older is deleted.
        (ulid(16), ["p0"], ulid(10)[:10]),
        (ulid(9), [], ulid(9)),
    ],
)
def test_what_is_past_its_age(before: str, gone: list[str], up_to: str) -> None:
    partitions = [DEFAULT, partition(10, 17), BEFORE]
    assert [each.name for each in past(partitions, before)] == gone
    assert walk_up_to(partitions, before) == up_to


#: Which partitions have something open, the ULIDs of soon, and the range that is claimed from.
OPEN: dict[str, tuple[set[str], list[str], tuple[str, str] | None]] = {
    "nothing but what comes": (set(), [ulid(18), ulid(18)], (ulid(17)[:10], ulid(24)[:10])),
    "what is older": ({"p10"}, [ulid(18)], (ulid(10)[:10], ulid(24)[:10])),
    "what is oldest": ({"p0"}, [ulid(18)], ("", ulid(24)[:10])),
    "what comes at a boundary": (set(), [ulid(16), ulid(18)], (ulid(10)[:10], ulid(24)[:10])),
    "of a clock ahead": ({"p24"}, [ulid(18)], (ulid(17)[:10], ulid(31)[:10])),
    "some without a partition": ({"default"}, [ulid(18)], None),
    "no partition for what comes": (set(), [ulid(31)], None),
}


@pytest.mark.parametrize(("names", "soon", "expected"), OPEN.values(), ids=OPEN)
def test_open_deliveries_are_in_a_range(
    names: set[str], soon: list[str], expected: tuple[str, str] | None
) -> None:
    partitions = [DEFAULT, BEFORE, partition(10, 17), partition(17, 24), partition(24, 31)]
    assert open_span(partitions, names, soon) == expected
