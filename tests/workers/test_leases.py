"""Which leases were lost on their way, look by look."""

from __future__ import annotations

import pytest

from app.storage.delivery.leases import Lease
from workers.leases import KnownLeases

#: What arrives before each look, what the database lists then, and what is found lost.
CASES: dict[str, list[tuple[list[int], list[int], list[int]]]] = {
    "one that arrived": [([1], [1], []), ([], [1], []), ([], [1], [])],
    "one that never does is lost at the second look": [([], [1], []), ([], [1], [1])],
    "and lost once": [([], [1], []), ([], [1], [1]), ([], [1], []), ([], [1], [])],
    "one that arrives between the looks": [([], [1], []), ([1], [1], []), ([], [1], [])],
    "one that a look has not seen yet": [([1], [], []), ([], [1], []), ([], [1], [])],
    "one that is settled meanwhile": [([], [1], []), ([], [], []), ([], [], [])],
    "others are no reason": [([2], [1, 2], []), ([3], [2, 3], []), ([], [3], [])],
}


@pytest.mark.parametrize("looks", CASES.values(), ids=CASES)
def test_a_lease_is_lost_when_two_looks_find_it_unknown(
    looks: list[tuple[list[int], list[int], list[int]]],
) -> None:
    known = KnownLeases()
    for arriving, listed, lost in looks:
        assert all(known.add(lease) for lease in arriving)
        found = known.find_lost(Lease(f"dlv_{each}", "whk_1", each) for each in listed)
        assert [each.lease for each in found] == lost


def test_what_comes_twice_or_after_it_was_found_lost_is_not_new() -> None:
    known = KnownLeases()
    assert known.add(1)
    assert not known.add(1)
    known.find_lost([Lease("dlv_2", "whk_1", 2)])
    assert not known.add(1)  # settled since
    known.find_lost([Lease("dlv_2", "whk_1", 2)])
    assert not known.add(2)
