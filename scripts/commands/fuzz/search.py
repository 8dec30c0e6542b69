"""The search for the body that costs most."""

from __future__ import annotations

import itertools
import signal
from collections import Counter
from contextlib import suppress

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings, target

from scripts.commands.fuzz.bodies import posts
from scripts.commands.fuzz.intake import SECONDS_MAX, Intake
from scripts.commands.fuzz.post import Post

#: A slow body is measured again this many times: the least of them counts, as others use the
#: machine, too.
REPETITIONS = 15
EXAMPLES_A_ROUND = 500


class TimeUp(KeyboardInterrupt):
    """The search has had its time."""


class Fuzzer:
    """Posts what Hypothesis makes until the time is over."""

    def __init__(self, seconds: float, intake: Intake, seed_number: int = 0) -> None:
        self._seconds = seconds
        self._seed = seed_number
        self._intake = intake
        self._posting = self._is_over = False
        self.statuses: Counter[int] = Counter()
        self.worst, self.worst_ms = Post("", b""), 0.0

    def run(self) -> None:
        """Raises `AssertionError` at the first fault."""
        signal.signal(signal.SIGALRM, self._end)
        signal.setitimer(signal.ITIMER_REAL, self._seconds)
        try:
            with suppress(TimeUp):
                for number in itertools.count(self._seed):
                    self._search(number)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _search(self, number: int) -> None:
        limits = settings(
            max_examples=EXAMPLES_A_ROUND,
            deadline=None,
            database=None,
            verbosity=Verbosity.quiet,
            phases=[Phase.generate, Phase.target],
            suppress_health_check=list(HealthCheck),
        )
        # The method's function: Hypothesis notes the seed on it, which no method lets it do.
        limits(seed(number)(given(posts)(lambda post: self._try(post))))()

    def _end(self, *_: object) -> None:
        # By a signal, since the search may be busy with itself for minutes; not amid a post.
        self._is_over = True
        if not self._posting:
            raise TimeUp

    def _try(self, post: Post) -> None:
        if self._is_over:
            raise TimeUp
        self._posting = True
        try:
            self._measure(post)
        finally:
            self._posting = False

    def _measure(self, post: Post) -> None:
        try:
            cost = self._intake.post(post)
        except BaseException:
            self.worst, self.worst_ms = post, SECONDS_MAX * 1000
            raise
        self.statuses[cost.status] += 1
        milliseconds = cost.milliseconds
        if milliseconds > self.worst_ms:
            again = (self._intake.post(post).milliseconds for _ in range(REPETITIONS))
            milliseconds = min(milliseconds, *again)
        if milliseconds > self.worst_ms:
            self.worst, self.worst_ms = post, milliseconds
        target(milliseconds, label="cpu_ms")
        if cost.status >= 500:
            self.worst, self.worst_ms = post, milliseconds
            raise AssertionError(f"answered with {cost.status}")
