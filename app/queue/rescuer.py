"""Finds the jobs that a dead worker held and adds them to the stream again.

A worker lives as long as its heartbeat changes. That is judged by the observer's monotonic clock:
Redis' idle times follow its wall clock, and one that is set back would hide the dead.
"""

from __future__ import annotations

import logging
import time

from app.queue.policy import Policy
from app.queue.stream import QueueStream

log = logging.getLogger(__name__)


class Rescuer:
    """Observes the consumers of one queue."""

    def __init__(self, stream: QueueStream, policy: Policy) -> None:
        self._stream = stream
        self._policy = policy
        self._looked_at = float("-inf")
        #: The last heartbeat of each consumer and since when it is the same.
        self._seen: dict[bytes, tuple[bytes | None, float]] = {}

    def rescue(self) -> None:
        """Look for dead workers once; call it every beat. Raises redis' own errors."""
        beats, consumers = self._stream.heartbeats(), self._stream.consumers()
        dead = self._find_dead(beats, consumers | beats.keys())
        for consumer in dead:
            rescued = 0
            while ids := self._stream.pending_of(consumer.decode()):
                rescued += self._stream.rescue(ids, self._policy.after_death)
            # Only now: whatever is pending for a consumer is thrown away with it.
            self._stream.remove_consumer(consumer.decode())
            if rescued:
                extra = {"stream": self._stream.name, "jobs": rescued, "of": consumer.decode()}
                log.warning("queue.orphans_rescued", extra=extra)

    def forget(self) -> None:
        """Start observing anew."""
        self._seen.clear()

    def _find_dead(self, beats: dict[bytes, bytes], names: set[bytes]) -> list[bytes]:
        now = time.monotonic()
        if now - self._looked_at > self._policy.dead_after_seconds / 2:
            self.forget()  # heartbeats may have changed while this process was not looking
        self._looked_at = now
        before, self._seen = self._seen, {}
        for name in names:
            beat, since = before.get(name, (None, now))
            changed = name not in before or beat != beats.get(name)
            self._seen[name] = (beats.get(name), now if changed else since)
        deadline = now - self._policy.dead_after_seconds
        return [name for name, (_, since) in self._seen.items() if since <= deadline]
