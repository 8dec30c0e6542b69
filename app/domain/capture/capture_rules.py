"""Who is this capture from? What decides about duplicates, limits and answers.

Three facts decide, and nothing else: the caller, the verdict on the capture, and what it says. The
table of cases is in docs/capture-rules.md; its test compares the two.
"""

from __future__ import annotations

from typing import NamedTuple

from app.domain.capture.capture import CaptureStatus
from app.domain.org.api_key import Scope

#: How long an equal post from the same caller counts as a double click.
DOUBLE_CLICK_MS = 10_000
#: How long an Idempotency-Key is remembered.
IDEMPOTENCY_MS = 24 * 3600 * 1000


class Caller(NamedTuple):
    """Who captures. `address` is a bucket: an IPv4 address, or an IPv6 /64."""

    address: str
    key_id: str | None = None
    scope: Scope | None = None

    @property
    def is_trusted(self) -> bool:
        """Whether it showed a key that no page gives away. A capture-only key is on pages."""
        return self.scope is Scope.READ_WRITE

    @property
    def name(self) -> str:
        """What tells it from other callers."""
        return self.key_id if self.key_id and self.is_trusted else self.address


class Said(NamedTuple):
    """What a capture says: a digest of all that was sent but how long it took and its key."""

    digest: str
    contact_id: str
    #: What the page or the caller sent as Idempotency-Key, in either way.
    idempotency_key: str | None = None


class Rules(NamedTuple):
    """What follows from who sent what."""

    #: Captures with equal identities are one, and answered like the first, so long:
    identity: tuple[str, ...]
    remembered_ms: int
    #: An Idempotency-Key of that caller's own, which stands for one digest: another is refused.
    #: Empty: nothing is refused.
    bound_key: tuple[str, ...]
    #: What its two limits are counted under.
    caller_bucket: str
    email_bucket: str
    #: Whether it may see the stored contact, and overwrite what a user edited.
    is_trusted: bool


def rules_for(caller: Caller, verdict: CaptureStatus, said: Said) -> Rules:
    """The rules for one capture.

    Anybody can send an anonymous caller's Idempotency-Key, so there it names a capture only
    together with everything that was said: whoever knows less learns nothing and stops nobody.
    """
    key = said.idempotency_key
    bound_key: tuple[str, ...] = ()
    if key is None:
        identity: tuple[str, ...] = ("click", caller.name, verdict, said.digest)
    elif caller.is_trusted:
        identity = ("key", caller.name, key, said.digest)
        bound_key = ("bound", caller.name, key)
    else:
        identity = ("key", "", key, said.digest)
    return Rules(
        identity,
        DOUBLE_CLICK_MS if key is None else IDEMPOTENCY_MS,
        bound_key,
        caller.name,
        f"{said.contact_id}:keyed" if caller.is_trusted else said.contact_id,
        caller.is_trusted,
    )
