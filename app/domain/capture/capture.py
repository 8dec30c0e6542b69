"""A capture: one submission on its way from the ingress to its contact.

This is also its shape inside a job on the queue, so a field may be added but not renamed: jobs of
the version before may still be waiting when this one starts. JSON has its fields by name, so their
order is free.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from app.domain.contact_fields import LeadFields
from app.domain.ids import time_of, ulid_of
from app.domain.spam.captcha import CaptchaToken
from app.domain.spam.mode import SpamMode
from app.domain.touch.touch import Touch


class CaptureStatus(StrEnum):
    """The final status of a capture."""

    RECORDED = "recorded"  # merged into its contact, with one event
    QUARANTINED = "quarantined"  # looks like a bot: kept, no contact, no event
    REJECTED = "rejected"  # could not be recorded: kept with the reason


class Capture(LeadFields, kw_only=True, omit_defaults=True):
    """One submission as accepted. Its id contains the time: see `app.domain.ids`."""

    id: str
    org_id: str
    contact_id: str
    #: Whether the caller showed a key: such a capture may overwrite what a keyed caller edited.
    keyed: bool = False
    client_address: str | None = None
    user_agent: str | None = None
    referrer: str | None = None
    #: What the visitor's browser kept of earlier visits and this one; none: `metadata` tells it.
    touches: list[Touch] = msgspec.field(default_factory=list)
    #: Whether a honeypot field was filled in, and how long filling in the form took.
    honeypot: bool = False
    fill_ms: int | None = None
    #: Headers that browsers send and that were not there: Accept-Language; Origin and Referer.
    without_language: bool = False
    without_page: bool = False
    #: What its org did about spam when it came.
    spam_mode: SpamMode = SpamMode.MONITOR
    #: Points and names of the signals that the worker found; None: not scored.
    spam_score: float | None = None
    spam_signals: tuple[str, ...] | None = None
    #: To be verified once it is recorded; None: its org has no captcha, or it came without.
    captcha: CaptchaToken | None = None
    #: What captures with equal content from one caller have in common, and how long (0: unknown)
    #: another is a repeat of this one: where they may come through several streams.
    identity: str | None = None
    identity_ms: int = 0
    #: Why it is quarantined; None: it is recorded.
    quarantine: str | None = None
    #: Why it was refused; such a capture has no contact ("") and is kept for review only.
    rejected: str | None = None

    @property
    def status(self) -> CaptureStatus:
        """Its final status, unless PostgreSQL refuses it."""
        if self.rejected:
            return CaptureStatus.REJECTED
        return CaptureStatus.QUARANTINED if self.quarantine else CaptureStatus.RECORDED

    @property
    def verifies(self) -> bool:
        """Whether its captcha's provider is to be asked."""
        return self.captcha is not None and not self.rejected

    @property
    def write_id(self) -> str:
        """Its position in the order of captures and edits."""
        return ulid_of(self.id)

    @property
    def received_at(self) -> datetime:
        """When the ingress accepted it, to the millisecond."""
        return time_of(self.id)
