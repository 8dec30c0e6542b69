"""How many deliveries one webhook may have in flight: an adaptive limit, as TCP has one.

The limit starts at 1 and doubles with each window of good answers (slow start). It shrinks when
answers say "too much" (429, 502, 503, 504), when attempts time out, and when latency rises; then
it creeps back to where it failed, stays just below, and now and then tries one more.

Errors that do not depend on concurrency must not shrink it: a receiver that fails 6 % of its
requests at random fails as many at half the limit. So the share of refusals is measured again
after each decrease, while fewer deliveries are in flight, and that share is tolerated from then on.

The model is Netflix' concurrency-limits (gradient and AIMD) with the memory of TCP CUBIC.
Pure: time and in-flight counts are arguments. One instance per webhook and process.
"""

from __future__ import annotations

import math
from enum import Enum

#: Factors on the in-flight count at which a window failed.
SHRINK_REFUSED = 0.85
SHRINK_SLOW = 0.9
SHRINK_TIMED_OUT = 0.5
#: Good answers between two tries above the last ceiling: one refusal in a hundred at most.
PROBE_AFTER = 100
#: A window is slow when its mean latency exceeds this multiple of the best one, plus the margin:
#: below it, what is measured is the noise of our own machine.
SLOW_FACTOR = 3.0
SLOW_MARGIN_SECONDS = 0.1
#: The best latency drifts up by this share a window, so that a receiver that moved is believed.
BEST_DRIFT = 0.02
#: In-flight counts below this share of the ceiling count as well below it.
BELOW = 0.95
#: Answers on which a new tolerated share of refusals rests, at least.
MEASURED_MIN = 20
#: How far the tolerated share moves towards a new measurement.
TOLERATED_WEIGHT = 0.5
#: No more than this share of refusals is ever tolerated: beyond it, less is always better.
TOLERATED_MAX = 0.3
#: Excess refusals that chance explains, in standard deviations.
SIGMAS = 4.0


class Answer(Enum):
    """What an attempt says about the receiver's load."""

    GOOD = "good"
    REFUSED = "refused"  # 429, 502, 503, 504
    TIMED_OUT = "timed out"
    OTHER = "other"  # any other failure: no news about load


class ConcurrencyLimit:
    """The adaptive limit of one webhook in one process."""

    def __init__(self, cap: int, start: float = 1.0) -> None:
        """`cap`: the most that the operator allows. `start`: a limit that was learned before."""
        self._cap = cap
        self._limit = max(1.0, min(start, cap))
        self._slow_start = True
        #: The in-flight count that failed last; None: none known.
        self._ceiling: float | None = None
        self._good_since_shrink = 0
        #: Answers to attempts that started before this moment say nothing about the limit of now.
        self._changed_at = -math.inf
        #: The share of refusals that does not depend on concurrency.
        self._tolerated = 0.0
        self._best_latency = math.inf
        self._measured = self._measured_refusals = 0
        self._answers = self._refusals = self._peak = 0
        self._latency_sum = 0.0

    @property
    def value(self) -> int:
        """Deliveries that may be in flight now."""
        return int(self._limit)

    def observe(
        self, answer: Answer, started_at: float, now: float, latency_seconds: float, in_flight: int
    ) -> bool:
        """Learn from one attempt; False if it says nothing about the limit of now.

        `started_at`, `now`: monotonic seconds. `in_flight`: the webhook's attempts under way when
        this one started, itself included.
        """
        if answer is Answer.OTHER:
            return True
        if started_at < self._changed_at:
            if answer is Answer.TIMED_OUT:  # a receiver that hangs is left with one attempt
                self._limit = max(1.0, self._limit - 1)
            return False
        self._answers += 1
        self._peak = max(self._peak, in_flight)
        if answer is Answer.GOOD:
            self._latency_sum += latency_seconds
            self._good_since_shrink += 1
        elif answer is Answer.TIMED_OUT:
            self._shrink(in_flight * SHRINK_TIMED_OUT, in_flight, now)
            self._slow_start = True
            return True
        else:
            self._refusals += 1
            if not self._is_below_ceiling(in_flight) and self._refusals > self._explained():
                self._shrink(in_flight * SHRINK_REFUSED, in_flight, now)
                return True
        if self._answers >= max(self._limit, 1):
            self._end_window(now)
        return True

    def _end_window(self, now: float) -> None:
        good = self._answers - self._refusals
        self._measure()
        if good and self._is_slow(self._latency_sum / good):
            self._shrink(self._limit * SHRINK_SLOW, self._limit, now)
            return
        if self._peak * 2 >= self._limit:  # a limit that nothing fills has shown nothing
            self._grow()
        self._begin_window()

    def _grow(self) -> None:
        if self._slow_start:
            self._limit *= 2
            if self._ceiling is not None and self._limit >= self._ceiling - 1:
                self._limit, self._slow_start = max(1.0, self._ceiling - 1), False
        elif self._ceiling is None:
            self._limit += max(1.0, math.sqrt(self._limit))
        elif self._limit + 1 < self._ceiling:
            self._limit += max(1.0, (self._ceiling - self._limit) / 2)
            self._limit = min(self._limit, self._ceiling - 1)
        elif self._good_since_shrink >= PROBE_AFTER:
            # One more than failed last time; if that works, the ceiling was not one.
            if self._limit > self._ceiling:
                self._ceiling, self._slow_start = None, self._tolerated > 0
            self._limit += 1
        self._limit = min(self._limit, float(self._cap))

    def _shrink(self, to: float, failed_at: float, now: float) -> None:
        self._ceiling = max(2.0, float(failed_at))
        self._limit = max(1.0, min(to, self._limit))
        self._slow_start = False
        self._good_since_shrink = 0
        self._changed_at = now
        self._measured = self._measured_refusals = 0
        self._begin_window()

    def _measure(self) -> None:
        """Refusals well below the ceiling are not due to concurrency."""
        if not self._is_below_ceiling(self._peak):
            return
        self._measured += self._answers
        self._measured_refusals += self._refusals
        if self._measured < MEASURED_MIN:
            return
        share = self._measured_refusals / self._measured
        self._tolerated += (min(TOLERATED_MAX, share) - self._tolerated) * TOLERATED_WEIGHT
        self._measured = self._measured_refusals = 0
        if share > TOLERATED_MAX:
            self._ceiling = self._limit
        elif share:
            self._ceiling = None

    def _is_below_ceiling(self, in_flight: int) -> bool:
        return self._ceiling is not None and in_flight <= self._ceiling * BELOW

    def _explained(self) -> float:
        expected = self._tolerated * self._answers
        return expected + SIGMAS * math.sqrt(expected)

    def _is_slow(self, latency: float) -> bool:
        self._best_latency = min(self._best_latency * (1 + BEST_DRIFT), latency)
        return latency > self._best_latency * SLOW_FACTOR + SLOW_MARGIN_SECONDS

    def _begin_window(self) -> None:
        self._answers = self._refusals = self._peak = 0
        self._latency_sum = 0.0
