"""Ids: a type prefix and an upper-case ULID (48 bits of milliseconds, 80 bits of chance).

A capture's id is more than a name: its order is the order in which captures were received, so
the merge of contacts compares ids and nothing else. A contact's id is not drawn but derived from
its address, so that every ingress process can answer with the right one and look nothing up.
"""

from __future__ import annotations

import hmac
import os
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
#: From these digits to those that int() takes for base 32.
_TO_PYTHON = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_ID = re.compile(r"([a-z]+)_([0-7][0-9A-HJKMNP-TV-Z]{25})")
_RANDOM_BITS = 80
_FORTY_BITS = 2**40 - 1


def encode_ulid(value: int) -> str:
    """128 bits as 26 characters of Crockford's base 32, most significant first."""
    # In three parts, since shifting all 128 bits at each step takes longer.
    a, b, c = value >> 80, value >> 40 & _FORTY_BITS, value & _FORTY_BITS
    p = _PAIRS
    return (
        f"{p[a >> 40]}{p[a >> 30 & 1023]}{p[a >> 20 & 1023]}{p[a >> 10 & 1023]}{p[a & 1023]}"
        f"{p[b >> 30]}{p[b >> 20 & 1023]}{p[b >> 10 & 1023]}{p[b & 1023]}"
        f"{p[c >> 30]}{p[c >> 20 & 1023]}{p[c >> 10 & 1023]}{p[c & 1023]}"
    )


class Ulids:
    """ULIDs that rise within a process, also when the clock stands still or steps back."""

    def __init__(self, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> str:
        """The next ULID: 26 characters."""
        milliseconds = self._clock_ns() // 1_000_000
        with self._lock:
            if milliseconds > self._last >> _RANDOM_BITS:
                self._last = milliseconds << _RANDOM_BITS | _random_bits()
            else:
                self._last += 1
            value = self._last
        return encode_ulid(value)


def _random_bits() -> int:
    # The top bit stays 0: counting on within one millisecond cannot reach the next one.
    return int.from_bytes(os.urandom(10), "big") >> 1


_ulids = Ulids()


def new_id(prefix: str) -> str:
    """A fresh id of that type, e.g. `new_id("evt")`."""
    return f"{prefix}_{_ulids.next()}"


def new_ulid(after: str = "") -> str:
    """A fresh bare ULID, later than `after`: a point in the order of captures and edits.

    `after` may come from a host whose clock is ahead; then this one is a millisecond later.
    """
    fresh = _ulids.next()
    if fresh > after:
        return fresh
    return encode_ulid((milliseconds_of(after) + 1) << _RANDOM_BITS | _random_bits())


def derive_contact_id(org_created_ms: int, org_secret: bytes, address: str) -> str:
    """The id of the contact with this normalised address in that org: always the same.

    The time part is the org's creation time and the rest a keyed hash, so an id tells a stranger
    neither an address nor whether it was known.
    """
    keyed = _keyed_hash(org_secret).copy()
    keyed.update(address.encode())
    value = org_created_ms << _RANDOM_BITS | int.from_bytes(keyed.digest()[:10], "big")
    return "cont_" + encode_ulid(value)


@lru_cache(maxsize=1024)
def _keyed_hash(secret: bytes) -> hmac.HMAC:
    # Keying takes longer than hashing an address does, so each org's is done once.
    return hmac.new(secret, digestmod="sha256")


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` is an id of that type."""
    match = _ID.fullmatch(text)
    return match is not None and match[1] == prefix


def ulid_of(any_id: str) -> str:
    """The ULID of an id: its place in time's order."""
    return any_id[-26:]


def time_of(any_id: str) -> datetime:
    """When an id was made (not for contacts), to the millisecond."""
    return _moment(any_id[-26:-16])


@lru_cache(maxsize=1024)
def _moment(time_part: str) -> datetime:
    # Recording asks for the time of the same capture again and again.
    return datetime.fromtimestamp(_milliseconds(time_part) / 1000, UTC)


def _milliseconds(time_part: str) -> int:
    return int(time_part.translate(_TO_PYTHON), 32)


def milliseconds_of(any_id: str) -> int:
    """When an id was made (not for contacts), in milliseconds since 1970."""
    return _milliseconds(any_id[-26:-16])


def first_ulid_at(milliseconds: int) -> str:
    """The lowest ULID of that millisecond, to compare ids with a point in time."""
    return encode_ulid(milliseconds << _RANDOM_BITS)
