"""A Redis that may lose captures is found out."""

from __future__ import annotations

import pytest

from app.queue.durability import faults_of

SAFE = {
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory": "0",
    "maxmemory-policy": "noeviction",
}


def test_our_own_configuration_has_no_fault() -> None:
    assert faults_of(SAFE).all == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"appendonly": "no"}, "appendonly is off"),
        ({"appendfsync": "everysec"}, "appendfsync is everysec"),
        (
            {"maxmemory": "100", "maxmemory-policy": "allkeys-lru"},
            "maxmemory-policy is allkeys-lru",
        ),
    ],
)
def test_a_configuration_that_may_lose_captures_is_named(
    changes: dict[str, str], named: str
) -> None:
    (fault,) = faults_of(SAFE | changes).all
    assert fault.startswith(named)
