"""What the clients and the receivers write down as it happens.

Neither is ever disturbed, so their journals are the truth that the system is measured against.
Times are this machine's monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Post:
    """One request of a client, and what came of it."""

    #: Number of the lead; a double click has one number and two posts.
    lead: int
    #: `capture` or `edit`.
    kind: str
    email: str
    at: float
    seconds: float
    #: None: no answer came.
    status: int | None
    #: Whether there was a connection at all.
    reached: bool
    capture_id: str | None = None
    contact_id: str | None = None

    @property
    def accepted(self) -> bool:
        return self.status in (200, 201, 202)

    @property
    def refused(self) -> bool:
        """The caller knows that it was not taken."""
        return self.status is not None and not self.accepted

    @property
    def unknown(self) -> bool:
        """Sent, and never answered: it may be recorded and need not."""
        return self.status is None and self.reached


@dataclass
class Reception:
    """One request that a receiver got."""

    receiver: str
    event_id: str
    delivery_id: str
    attempt: int
    at: float
    #: None: it was not answered.
    status: int | None
    verified: bool

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300
