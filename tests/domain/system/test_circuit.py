"""A circuit opens at the first failure and closes once the server has proven itself."""

from __future__ import annotations

import pytest

from app.domain.system.circuit import NEEDED_MAX, RELAPSE_SECONDS, Circuit, after_use

OPEN = Circuit(True)
SOON, LATER = 100.0 + RELAPSE_SECONDS - 1, 100.0 + RELAPSE_SECONDS


@pytest.mark.parametrize(
    ("before", "now", "worked", "after"),
    [
        (Circuit(), 5.0, True, Circuit()),
        (Circuit(), 5.0, False, Circuit(True, 1)),
        (OPEN, 5.0, False, OPEN),
        (OPEN, 5.0, True, Circuit(False, 1, 0, 5.0)),
        # Back a moment ago: it must prove itself for longer.
        (Circuit(False, 1, 0, 100.0), SOON, False, Circuit(True, 2)),
        (Circuit(False, 2, 0, 100.0), SOON, False, Circuit(True, 4)),
        (Circuit(False, NEEDED_MAX, 0, 100.0), SOON, False, Circuit(True, NEEDED_MAX)),
        (Circuit(False, 8, 0, 100.0), SOON, True, Circuit(False, 8, 0, 100.0)),
        # Well for a while: this is a new trouble.
        (Circuit(False, 8, 0, 100.0), LATER, False, Circuit(True, 1)),
        (Circuit(True, 4, 2), 5.0, True, Circuit(True, 4, 3)),
        (Circuit(True, 4, 3), 5.0, False, Circuit(True, 4, 0)),
        (Circuit(True, 4, 3), 5.0, True, Circuit(False, 4, 0, 5.0)),
    ],
)
def test_a_circuit_follows_what_the_server_does(
    before: Circuit, now: float, worked: bool, after: Circuit
) -> None:
    assert after_use(before, now, worked=worked) == after
