"""Who captures for which org, from where, and how much of it."""

from __future__ import annotations

from typing import NamedTuple

from app.domain.capture.capture_rules import Caller
from app.domain.org.org import Org
from app.ingress.admission_requests import Rates, caller_key

#: A refused body takes a token, and one more for each of these: large ones cost CPU to read.
_BYTES_PER_TOKEN = 4096


class Visit(NamedTuple):
    """One request whose head is fine."""

    org: Org
    caller: Caller
    address: str
    rates: Rates
    #: Why its page is suspicious, if it is.
    quarantine: str | None
    #: Size of the body, once it is read.
    body_bytes: int = 0

    @property
    def refusals_max(self) -> int:
        """Refused bodies of this size that its caller may send a minute; 0: no limit."""
        rate = self.rates.per_caller
        return rate and max(1, rate // (1 + self.body_bytes // _BYTES_PER_TOKEN))

    @property
    def limit_key(self) -> str:
        """The key of the caller's limit."""
        return caller_key(self.org.id, self.caller.name)
