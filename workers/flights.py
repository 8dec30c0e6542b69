"""Attempts of one webhook that are under way in one delivery process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.storage.delivery.claims import Claimed


class Flight(NamedTuple):
    """An attempt under way."""

    started_at: float
    #: Attempts of the webhook in flight when it started, itself and those beside it included.
    in_flight: int


class Flights:
    """Used by the engine's loop alone. Times are monotonic seconds."""

    def __init__(self) -> None:
        #: By lease, the oldest first.
        self._flights: dict[int, Flight] = {}

    def __len__(self) -> int:
        return len(self._flights)

    @property
    def oldest_at(self) -> float | None:
        """When the oldest one began; None without any."""
        oldest = next(iter(self._flights.values()), None)
        return oldest.started_at if oldest else None

    def start(self, claimed: Sequence[Claimed], now: float) -> None:
        """Some begin together."""
        flight = Flight(now, len(self) + len(claimed))
        self._flights |= {each.lease: flight for each in claimed}

    def end(self, claimed: Claimed) -> Flight:
        """One is over."""
        return self._flights.pop(claimed.lease)
