"""Finds leases that this process holds but does not know of: their delivery never arrived.

A push is lost when the process that recorded it dies before sending it, or when the connection to
Redis breaks; a claim, when PostgreSQL's answer to the commit is lost. No other process may end such
a lease while this one lives, so it looks itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.storage.delivery.leases import Lease


class KnownLeases:
    """Used by the engine's loop alone. Its memory is what the process holds."""

    def __init__(self) -> None:
        self._known: set[int] = set()
        #: Known since the last look, which may not have seen them yet.
        self._recent: set[int] = set()
        self._missing: set[int] = set()

    def add(self, lease: int) -> bool:
        """Know of a lease; False: it was known."""
        if lease in self._recent or lease in self._known:
            return False
        self._recent.add(lease)
        return True

    def find_lost(self, held: Iterable[Lease]) -> list[Lease]:
        """Those of the leases `held` in the database that were unknown at the last look, too.

        They count as known from now on: should one arrive after all, it is too late.
        """
        listed = list(held)
        self._known = self._recent | self._known.intersection(each.lease for each in listed)
        self._recent = set()
        unknown = [each for each in listed if each.lease not in self._known]
        lost = [each for each in unknown if each.lease in self._missing]
        self._missing = {each.lease for each in unknown}
        for each in lost:
            self.add(each.lease)
        return lost
