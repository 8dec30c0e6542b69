"""What is read of a form beyond its limits: what may hold the visitor's address."""

from __future__ import annotations

#: Pieces that are read beyond the limit.
WANTED_MAX = 20


def wanted_pieces(rest: bytes, separator: bytes) -> tuple[list[bytes], int]:
    """The pieces of the rest of a body that hold an address, and how many others there are."""
    found: list[bytes] = []
    for sign in (b"@", b"%40"):
        at = rest.find(sign)
        while at >= 0 and len(found) < WANTED_MAX:
            start, end = rest.rfind(separator, 0, at), rest.find(separator, at)
            end = end if end >= 0 else len(rest)
            found.append(rest[start + len(separator) if start >= 0 else 0 : end])
            at = rest.find(sign, end)
    return found, rest.count(separator) + 1 - len(found)
