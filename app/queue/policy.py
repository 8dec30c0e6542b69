"""What becomes of a job whose run failed or whose worker died. Decided here, done in stream.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.domain.delivery.backoff import exponential_seconds
from app.queue.entry import Entry
from app.queue.jobs import KEYS, Keys


class Verdict(NamedTuple):
    """Where a job goes: back to the stream after a pause, or to the dead letters."""

    entry: Entry
    pause_seconds: float = 0.0
    #: Why it becomes a dead letter; None: run it again.
    reason: str | None = None


@dataclass(frozen=True)
class Policy:
    """What all processes of one system agree on. Times in seconds."""

    keys: Keys = KEYS
    beat_seconds: float = 1.0
    #: A process whose heartbeat has not changed for this long is dead.
    dead_after_seconds: float = 5.0
    first_pause_seconds: float = 1.0
    #: While a server is away. Work goes on within 10 s after an outage.
    pause_max_seconds: float = 5.0
    #: While a fault of ours fails the job.
    fault_pause_max_seconds: float = 300.0
    #: Failures of a job on its own after which it is a dead letter: a quarter of an hour.
    failures_max: int = 12
    #: A job that lost so many workers runs alone: it may be what kills them.
    deaths_before_alone: int = 2
    deaths_max: int = 5

    def after_failure(
        self, entries: Sequence[Entry], error: BaseException | None, *, expected: bool
    ) -> list[Verdict]:
        """What becomes of a batch that failed; one bad job costs its neighbours nothing."""
        if expected:
            return [self._after_expected(entry) for entry in entries]
        if len(entries) > 1:
            half = len(entries) // 2
            return [Verdict(entry._replace(batch_max=half)) for entry in entries]
        entry = entries[0]._replace(failures=entries[0].failures + 1, batch_max=1)
        if entry.failures >= self.failures_max:
            text = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            return [Verdict(entry, reason=f"failed {entry.failures} times: {text}")]
        return [Verdict(entry, self._pause_seconds(entry, self.fault_pause_max_seconds))]

    def after_death(self, entry: Entry) -> Verdict:
        """What becomes of a job whose worker died."""
        entry = entry._replace(deaths=entry.deaths + 1)
        if entry.deaths < self.deaths_max:
            return Verdict(entry)
        return Verdict(entry, reason=f"{entry.deaths} workers died while they held it")

    def runs_alone(self, entry: Entry) -> bool:
        """Whether a worker may hold nothing else while it holds this job."""
        return entry.deaths >= self.deaths_before_alone

    def _after_expected(self, entry: Entry) -> Verdict:
        # However long an outage, a job has most of its tries left when it meets a fault.
        entry = entry._replace(failures=max(entry.failures, min(entry.failures + 1, 3)))
        return Verdict(entry, self._pause_seconds(entry, self.pause_max_seconds))

    def _pause_seconds(self, entry: Entry, cap_seconds: float) -> float:
        return exponential_seconds(entry.failures, self.first_pause_seconds, cap_seconds)
