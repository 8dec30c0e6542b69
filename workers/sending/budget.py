"""What one attempt may spend, and what it has spent so far."""

from __future__ import annotations

import socket
from enum import StrEnum
from time import monotonic

from app.domain.delivery.attempt import ErrorClass, Timings

#: Bytes that may arrive before the head of the answer is complete, interim answers included.
HEAD_BYTES_MAX = 64 * 1024


class AttemptStopped(Exception):
    """The attempt cannot go on; carries the error as the subscriber will read it."""

    def __init__(self, error: ErrorClass, detail: str) -> None:
        super().__init__(detail)
        self.error = error
        self.detail = detail


class Phase(StrEnum):
    """What an attempt is doing, in words that complete "gave up while ..."."""

    PREPARING = "preparing the request"
    DNS = "looking up the host"
    CONNECT = "connecting"
    TLS = "waiting for the TLS handshake"
    SEND = "sending the request"
    WAIT = "waiting for the answer"
    READ = "reading the answer"


_MEASURED = {Phase.DNS: "dns_ms", Phase.CONNECT: "connect_ms", Phase.TLS: "tls_ms"}


class Budget:
    """The time and bytes of one attempt; times are `time.monotonic()` seconds.

    `org_id` says whose attempt it is: an org has a share of the look-ups.
    """

    def __init__(self, connect_seconds: float, total_seconds: float, org_id: str = "") -> None:
        self.connect_seconds = connect_seconds
        self.total_seconds = total_seconds
        self.org_id = org_id
        self.started_at = self._entered_at = self.sent_at = monotonic()
        self.ends_at = self.started_at + total_seconds
        self.phase = Phase.PREPARING
        #: The connection that `Deadlines` shuts down when the time is up.
        self.sock: socket.socket | None = None
        self.address: str | None = None
        self.first_byte_at: float | None = None
        self.receivable_bytes = HEAD_BYTES_MAX
        #: Spent on waiting for bytes from the receiver, all requests together.
        self.waited_seconds = 0.0
        self._ms: dict[str, int] = {}

    def enter(self, phase: Phase) -> None:
        """Begin a phase; how long the one before took is noted."""
        now = monotonic()
        if self.phase in _MEASURED:
            self._ms[_MEASURED[self.phase]] = _whole_ms(now - self._entered_at)
        self.phase, self._entered_at = phase, now

    def begin_sending(self) -> None:
        """Start a request on a connection: nothing received, the head's bytes open."""
        self.enter(Phase.SEND)
        self.sent_at = self._entered_at
        self.first_byte_at = None
        self.receivable_bytes = HEAD_BYTES_MAX

    def is_over(self) -> bool:
        """Whether the time is up."""
        return monotonic() >= self.ends_at

    def check(self) -> None:
        """Raise TimeoutError if the time is up."""
        if self.is_over():
            raise TimeoutError("the time of the attempt is up")

    def timings(self) -> Timings:
        """The timings of the attempt, which ends now."""
        waited = None if self.first_byte_at is None else self.first_byte_at - self.sent_at
        return Timings(
            **self._ms,
            first_byte_ms=None if waited is None else _whole_ms(waited),
            total_ms=_whole_ms(monotonic() - self.started_at),
        )


def _whole_ms(seconds: float) -> int:
    return round(seconds * 1000)
