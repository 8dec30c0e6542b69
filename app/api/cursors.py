"""Cursors of lists.

A cursor has the sort order and the last item's position, never a count: whatever is inserted or
deleted meanwhile, no other item is seen twice or missed.
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from app.domain.errors import Invalid


def encode_cursor(*values: str) -> str:
    """An opaque cursor with these values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def read_cursor(text: str | None, sort: str, count: int) -> list[str] | None:
    """The values in a cursor of a list in that order; None when absent."""
    if not text:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        values = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[str])
    except (msgspec.MsgspecError, binascii.Error, UnicodeError, ValueError):
        values = []
    if len(values) != count + 1 or values[0] != sort or any("\0" in value for value in values):
        raise Invalid({"cursor": "expected a cursor from an earlier answer of this list"})
    return values[1:]
