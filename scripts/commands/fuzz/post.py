"""One request that is tried, and the encodings that it may say it has."""

from __future__ import annotations

from typing import NamedTuple

BODY_BYTES_MAX = 64 * 1024
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"
JSON, PLAIN = "application/json", "text/plain;charset=UTF-8"


class Post(NamedTuple):
    """One request."""

    content_type: str
    body: bytes
