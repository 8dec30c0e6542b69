"""How many deliveries one webhook may have in flight: an adaptive limit, as TCP has one.

The limit starts at 1 and grows by half or more with each window of good answers (slow start). It
shrinks when answers say "too much" (429, 502, 503, 504), when attempts time out, and when latency
rises; then it creeps back to where it failed, stays just below, and now and then tries one more:
the rarer, the more often that failed.

Refusals come sooner than answers, and what they free is filled at once. So how much was too much is
told by those who were sent together: of 32 in flight, 12 were refused, so the receiver bears 20.

Refusals that do not depend on concurrency must not shrink it (refusals.py).

The model is Netflix' concurrency-limits (gradient and AIMD) with the memory of TCP CUBIC.
Pure: time and in-flight counts are arguments. One instance per webhook and process.
"""

from __future__ import annotations

import math
from enum import Enum

from app.domain.delivery.refusals import TOLERATED_MAX, ToleratedRefusals

#: Factors on the in-flight count at which a window failed.
SHRINK_REFUSED = 0.85
SHRINK_SLOW = 0.9
SHRINK_TIMED_OUT = 0.5
#: However many of those sent together were refused.
SHRINK_MOST = 0.5
#: Each window of slow start doubles the limit up to here, and then adds half: who has enough
#: refuses fewer.
DOUBLES_BELOW = 16
SLOW_START_FACTOR = 1.5
#: Good answers between two tries above the last ceiling: one refusal in a hundred at most.
PROBE_AFTER = 100
#: Each try that fails doubles them, so often.
PROBE_DOUBLINGS = 3
#: A window is slow when its mean latency exceeds this multiple of the best one, plus the margin:
#: below it, what is measured is the noise of our own machine.
SLOW_FACTOR = 3.0
SLOW_MARGIN_SECONDS = 0.1
#: The best latency drifts up by this share a window, so that a receiver that moved is believed.
BEST_DRIFT = 0.02
#: In-flight counts below this share of the ceiling count as well below it.
BELOW = 0.95


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
        #: Tries of the ceiling that failed in a row.
        self._failed_probes = 0
        #: In flight when it failed last, and how many of those were refused.
        self._failed_at = 1.0
        self._refused_together = 0
        #: Answers to attempts that started before this moment say nothing about the limit of now.
        self._changed_at = -math.inf
        self._tolerated = ToleratedRefusals()
        self._best_latency = math.inf
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
            self._note_late(answer, in_flight)
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
            if not self._is_below_ceiling(in_flight) and self._refusals > self._tolerated.of(
                self._answers
            ):
                self._shrink_refused(in_flight, now)
                return True
        if self._answers >= self.value:
            self._end_window(now)
        return True

    def _note_late(self, answer: Answer, in_flight: int) -> None:
        """One was sent together with what made the limit shrink, and failed, too."""
        if answer is Answer.TIMED_OUT:  # a receiver that hangs is left with one attempt
            self._limit = max(1.0, self._limit - 1)
        elif answer is Answer.REFUSED:
            self._refused_together += 1
            self._failed_at = max(self._failed_at, in_flight)
            borne = self._failed_at - self._refused_together
            borne = max(1.0, borne, self._failed_at * SHRINK_MOST)
            if borne < self._limit:
                self._limit, self._ceiling = borne, borne + 1

    def _shrink_refused(self, in_flight: int, now: float) -> None:
        if self._ceiling is not None and in_flight >= self._ceiling:
            self._shrink(self._ceiling - 1, self._ceiling, now)
            self._failed_probes = min(self._failed_probes + 1, PROBE_DOUBLINGS)
        else:
            self._shrink(in_flight * SHRINK_REFUSED, in_flight, now)
            self._failed_probes = 0
        self._failed_at, self._refused_together = float(in_flight), 1

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
            self._limit *= 2 if self._limit < DOUBLES_BELOW else SLOW_START_FACTOR
            if self._ceiling is not None and self._limit >= self._ceiling - 1:
                self._limit, self._slow_start = max(1.0, self._ceiling - 1), False
        elif self._ceiling is None:
            self._limit += max(1.0, math.sqrt(self._limit))
        elif self._limit + 1 < self._ceiling:
            self._limit += max(1.0, (self._ceiling - self._limit) / 2)
            self._limit = min(self._limit, self._ceiling - 1)
        elif self._good_since_shrink >= PROBE_AFTER << self._failed_probes:
            # One more than failed last time; if that works, the ceiling was not one.
            if self._limit > self._ceiling:
                self._ceiling, self._slow_start = None, self._tolerated.share > 0
                self._failed_probes = 0
            self._limit += 1
        self._limit = min(self._limit, float(self._cap))

    def _shrink(self, to: float, failed_at: float, now: float) -> None:
        self._ceiling = max(2.0, float(failed_at))
        self._limit = max(1.0, min(to, self._limit))
        self._slow_start = False
        self._good_since_shrink = 0
        self._changed_at = now
        self._tolerated.measure_again()
        self._begin_window()

    def _measure(self) -> None:
        """Refusals well below the ceiling are not due to concurrency."""
        if not self._is_below_ceiling(self._peak):
            return
        share = self._tolerated.measure(self._answers, self._refusals)
        if share is None:
            return
        if share > TOLERATED_MAX:
            self._ceiling = self._limit
        elif share:  # what looked like a ceiling was none
            self._ceiling, self._slow_start = None, True

    def _is_below_ceiling(self, in_flight: int) -> bool:
        return self._ceiling is not None and in_flight <= self._ceiling * BELOW

    def _is_slow(self, latency: float) -> bool:
        self._best_latency = min(self._best_latency * (1 + BEST_DRIFT), latency)
        return latency > self._best_latency * SLOW_FACTOR + SLOW_MARGIN_SECONDS

    def _begin_window(self) -> None:
        self._answers = self._refusals = self._peak = 0
        self._latency_sum = 0.0
