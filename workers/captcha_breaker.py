"""A circuit breaker for each captcha provider: one that is down is left alone for a while."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from threading import Lock

from app.domain.spam.captcha import CaptchaProvider

log = logging.getLogger(__name__)

#: Failures in a row that open the circuit, and for how long: tokens live for two minutes at least.
FAILURES_MAX = 5
OPEN_SECONDS = 20.0


class CaptchaBreaker:
    """For any number of threads. `clock`: seconds that do not go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures: Counter[CaptchaProvider] = Counter()
        self._open_until: dict[CaptchaProvider, float] = {}

    def away(self) -> list[CaptchaProvider]:
        """Who is not to be asked now."""
        now = self._clock()
        with self._lock:
            return [provider for provider, until in self._open_until.items() if now < until]

    def note(self, provider: CaptchaProvider, problem: str | None) -> None:
        """Note that a provider answered, or what was wrong.

        After a pause a single failure opens the circuit again, the first answer closes it.
        """
        with self._lock:
            if problem is None:
                self._failures.pop(provider, None)
                self._open_until.pop(provider, None)
                return
            now = self._clock()
            self._failures[provider] += 1
            is_open = now < self._open_until.get(provider, now)
            if is_open or self._failures[provider] < FAILURES_MAX:
                return
            self._open_until[provider] = now + OPEN_SECONDS
        log.warning("captcha.away", extra={"provider": provider, "error": problem[:200]})
