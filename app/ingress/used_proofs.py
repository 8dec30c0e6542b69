"""Proofs of work that were used while Redis, which remembers them, could not be asked.

In each process's memory: while Redis is away, a proof is good once for every process.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from app.domain.spam.proof import REMEMBERED_MS

#: Proofs that are remembered.
PROOFS_MAX = 50_000


class UsedProofs:
    """Which proofs were used."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def use(self, proof: str) -> bool:
        """Use a proof ("": there is none to use); False if that was done before."""
        if not proof:
            return True
        now = self._clock()
        if self._until.get(proof, 0.0) > now:
            return False
        if len(self._until) >= PROOFS_MAX:
            self._forget_oldest(now)
        self._until[proof] = now + REMEMBERED_MS / 1000
        return True

    def give_back(self, proof: str) -> None:
        """Take a use back: nothing came of it."""
        self._until.pop(proof, None)

    def _forget_oldest(self, now: float) -> None:
        """Forget what is over, or else the older half: they stand in the order of their use."""
        living = [each for each in self._until.items() if each[1] > now]
        self._until = dict(living[len(living) // 2 :] if len(living) >= PROOFS_MAX else living)
