"""Finds the jobs that a dead worker held and adds them to the stream again."""

from __future__ import annotations

import logging

from app.metrics.families import ORPHANS_RESCUED
from app.queue.policy import Policy
from app.queue.silence import Silence
from app.queue.stream import QueueStream

log = logging.getLogger(__name__)


class Rescuer:
    """Observes the consumers of one queue."""

    def __init__(self, stream: QueueStream, policy: Policy) -> None:
        self._stream = stream
        self._policy = policy
        self._silence = Silence(policy.dead_after_seconds)
        self._rescued = ORPHANS_RESCUED.labels(stream.queue)

    def rescue(self) -> None:
        """Look for dead workers once; call it every beat. Raises redis' own errors."""
        beats, consumers = self._stream.heartbeats(), self._stream.consumers()
        dead = self._silence.find_dead(beats, consumers | beats.keys())
        for consumer in dead:
            rescued = 0
            while ids := self._stream.pending_of(consumer.decode()):
                rescued += self._stream.rescue(ids, self._policy.after_death)
            # Only now: whatever is pending for a consumer is thrown away with it.
            self._stream.remove_consumer(consumer.decode())
            if rescued:
                self._rescued.inc(rescued)
                extra = {"stream": self._stream.name, "jobs": rescued, "of": consumer.decode()}
                log.warning("queue.orphans_rescued", extra=extra)

    def forget(self) -> None:
        """Start observing anew."""
        self._silence.forget()
