"""What one attempt may spend, and what it has spent so far."""

from __future__ import annotations

import socket
from contextlib import suppress
from enum import StrEnum
from time import monotonic

from app.domain.attempt import ErrorClass, Timings

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


class Budget:
    """The time and bytes of one attempt, shared by everything that works on it.

    Times are `time.monotonic()` seconds. `Deadlines` calls `cut` when `ends_at` has passed.
    """

    __slots__ = (
        "_phase_began_at",
        "address",
        "connect_ms",
        "connect_seconds",
        "dns_ms",
        "ends_at",
        "first_byte_at",
        "org_id",
        "phase",
        "receivable_bytes",
        "sent_at",
        "sock",
        "started_at",
        "tls_ms",
        "total_seconds",
        "waited_seconds",
    )

    def __init__(self, connect_seconds: float, total_seconds: float, org_id: str = "") -> None:
        self.connect_seconds = connect_seconds
        self.total_seconds = total_seconds
        #: Whose attempt it is: an org has a share of the look-ups.
        self.org_id = org_id
        self.started_at = self._phase_began_at = monotonic()
        self.ends_at = self.started_at + total_seconds
        self.phase = Phase.PREPARING
        #: The connected socket that the attempt uses.
        self.sock: socket.socket | None = None
        self.address: str | None = None
        self.dns_ms: int | None = None
        self.connect_ms: int | None = None
        self.tls_ms: int | None = None
        #: Spent on waiting for bytes from the receiver, all requests together.
        self.waited_seconds = 0.0
        self.begin_sending()

    def begin_sending(self) -> None:
        """Start a request on a connection: nothing received, the head's bytes open."""
        self.sent_at = monotonic()
        self.first_byte_at: float | None = None
        self.receivable_bytes = HEAD_BYTES_MAX
        self.phase = Phase.SEND

    def connect_ends_at(self) -> float:
        """When a connection begun now must stand."""
        return min(monotonic() + self.connect_seconds, self.ends_at)

    def is_over(self) -> bool:
        """Whether the time is up."""
        return monotonic() >= self.ends_at

    def check(self) -> None:
        """Raise TimeoutError if the time is up."""
        if self.is_over():
            raise TimeoutError("the time of the attempt is up")

    def cut(self) -> None:
        """Shut the connection down, which ends whatever call is waiting for it.

        It stays open: its owner, in another thread, closes it.
        """
        if self.sock is not None:
            with suppress(OSError):
                # Not the method of a TLS socket, which would drop the TLS state under its user.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def enter(self, phase: Phase) -> None:
        """Begin a phase that `ended_ms` will measure."""
        self.phase = phase
        self._phase_began_at = monotonic()

    def ended_ms(self) -> int:
        """Whole milliseconds since the phase began."""
        return _whole_ms(monotonic() - self._phase_began_at)

    def timings(self) -> Timings:
        """The timings of the attempt, which ends now."""
        waited = None if self.first_byte_at is None else self.first_byte_at - self.sent_at
        return Timings(
            dns_ms=self.dns_ms,
            connect_ms=self.connect_ms,
            tls_ms=self.tls_ms,
            first_byte_ms=None if waited is None else _whole_ms(waited),
            total_ms=_whole_ms(monotonic() - self.started_at),
        )


def _whole_ms(seconds: float) -> int:
    return round(seconds * 1000)
