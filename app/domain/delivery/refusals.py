"""Refusals that do not depend on how much is in flight (concurrency.py).

A receiver that fails 6 % of its requests at random fails as many at half the limit. So the share of
refusals is measured after each decrease of the limit, while fewer deliveries are in flight, and
that share is tolerated from then on.
"""

from __future__ import annotations

import math

#: Answers on which a new tolerated share of refusals rests, at least.
MEASURED_MIN = 20
#: How far the tolerated share moves towards a new measurement.
TOLERATED_WEIGHT = 0.5
#: No more than this share of refusals is ever tolerated: beyond it, less is always better.
TOLERATED_MAX = 0.3
#: Excess refusals that chance explains, in standard deviations.
SIGMAS = 4.0


class ToleratedRefusals:
    """Of one webhook."""

    def __init__(self) -> None:
        self.share = 0.0
        self._answers = self._refusals = 0

    def of(self, answers: int) -> float:
        """How many refusals among so many answers are no news."""
        expected = self.share * answers
        return expected + SIGMAS * math.sqrt(expected)

    def measure_again(self) -> None:
        """The limit has changed."""
        self._answers = self._refusals = 0

    def measure(self, answers: int, refusals: int) -> float | None:
        """Note what came while little was in flight; the share measured, once it is enough."""
        self._answers += answers
        self._refusals += refusals
        if self._answers < MEASURED_MIN:
            return None
        share = self._refusals / self._answers
        self.share += (min(TOLERATED_MAX, share) - self.share) * TOLERATED_WEIGHT
        self.measure_again()
        return share
