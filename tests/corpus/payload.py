"""A payload of the corpus: what a sender sends, and what a person would expect of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

URLENCODED = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Payload:
    """One body with its Content-Type, and what it should become.

    Fields that `expected` does not name must be absent (`source` organic, unless it says so);
    `metadata` are keys that must have these values.
    """

    sender: str
    content_type: str
    body: bytes
    expected: dict[str, str]
    metadata: dict[str, object] = field(default_factory=dict)


def json_payload(
    sender: str,
    value: object,
    expected: dict[str, str],
    metadata: dict[str, object] | None = None,
    content_type: str = "application/json",
) -> Payload:
    """A payload whose body is JSON."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Payload(sender, content_type, body, expected, metadata or {})


def multipart_payload(
    sender: str,
    fields: list[tuple[str, str]],
    expected: dict[str, str],
    metadata: dict[str, object] | None = None,
) -> Payload:
    """A payload whose body is a multipart form, as browsers write it."""
    parts = "".join(
        f'--XyZ\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    )
    body = (parts + "--XyZ--\r\n").encode()
    return Payload(sender, "multipart/form-data; boundary=XyZ", body, expected, metadata or {})
