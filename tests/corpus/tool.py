"""Short forms for payloads of named tools: who is always Ada, unless it says otherwise."""

from __future__ import annotations

from urllib.parse import urlencode

from tests.corpus.payload import URLENCODED, Payload, json_payload, multipart_payload

EMAIL, FIRST, LAST = "ada@example.com", "Ada", "Byron"
PHONE, COMPANY, TITLE = "+442079460000", "Engines Ltd", "Analyst"
UTM = {"utm_source": "google", "utm_medium": "cpc"}


def tool(sender: str, value: object, *has: str, **other: str) -> Payload:
    """A JSON payload. `has` names what it tells: `names`, `first`, `phone`, `company`, `title`,
    `utm` (which makes its source paid); `other` are expected fields, or metadata by its key.
    """
    expected, metadata = expect(*has, **other)
    return json_payload(sender, value, expected, metadata)


def form(sender: str, fields: dict[str, str], *has: str, **other: str) -> Payload:
    """The same for an urlencoded body."""
    expected, metadata = expect(*has, **other)
    return Payload(sender, URLENCODED, urlencode(fields).encode(), expected, metadata)


def parts(sender: str, fields: dict[str, str], *has: str, **other: str) -> Payload:
    """The same for a multipart body."""
    expected, metadata = expect(*has, **other)
    return multipart_payload(sender, list(fields.items()), expected, metadata)


def expect(*has: str, **other: str) -> tuple[dict[str, str], dict[str, object]]:
    """Expected fields, and expected metadata."""
    expected, metadata = {"email": EMAIL}, dict[str, object]()
    if "names" in has:
        expected |= {"first_name": FIRST, "last_name": LAST}
    if "first" in has:
        expected["first_name"] = FIRST
    if "phone" in has:
        expected["phone"] = PHONE
    if "title" in has:
        expected["title"] = TITLE
    if "company" in has:
        metadata["company"] = COMPANY
    if "utm" in has:
        expected["source"] = "paid"
        metadata |= UTM
    for name, value in other.items():
        if name in ("email", "first_name", "last_name", "phone", "source", "source_detail"):
            expected[name] = value
        else:
            metadata[name] = value
    return expected, metadata
