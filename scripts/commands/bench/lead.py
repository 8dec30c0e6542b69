"""The typical lead that every stage sends: 250 bytes of JSON, each with its own address."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

#: Digits of the number in a lead's address; all leads of a run are of one length.
DIGITS = 9
_MARK = "#" * DIGITS
#: The org of the bench and the domain that it lives under.
ORG = "acme"
DOMAIN = "rex.test"
#: Metadata that tells where a lead comes from, and some of the same size that does not.
TOLD = {
    "utm_source": "newsletter",
    "utm_campaign": "autumn-launch",
    "landing_page": "https://example.com/pricing",
    "plan": "team",
}
PLAIN = dict(
    zip(("department", "first_choice", "second_place", "plan"), TOLD.values(), strict=True)
)


class Leads:
    """Requests that differ in one number, made of bytes that are computed once."""

    def __init__(
        self, path: str = "/capture", host: str = f"{ORG}.{DOMAIN}", told: bool = True
    ) -> None:
        run = secrets.token_hex(3)
        body = body_of(f"lead{run}{_MARK}@example.com", TOLD if told else PLAIN)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._before, self._after = (head.encode() + body).split(_MARK.encode())

    def request(self, number: int) -> bytes:
        """The request of the lead with that number, head and body."""
        return b"%b%09d%b" % (self._before, number, self._after)


def body_of(email: str, metadata: Mapping[str, str] = TOLD) -> bytes:
    """The body of a lead with that address."""
    lead = {
        "email": email,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "phone": "+44 20 7946 0321",
        "metadata": metadata,
    }
    return json.dumps(lead, separators=(",", ":")).encode()
