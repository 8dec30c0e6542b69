"""Times as callers see them: RFC 3339 in UTC, whole seconds, with Z."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

_encoder = msgspec.json.Encoder()
_LEAP_SECOND = re.compile(r"(.{10}[T ][0-9]{2}:59):60")


def now() -> datetime:
    """The time, aware, in UTC, to the millisecond."""
    return truncate(datetime.now(UTC))


def truncate(moment: datetime) -> datetime:
    """That moment to the millisecond, the precision of ids."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


# Of a contact's four times most are the same; `replace` takes nearly three times as long.
@lru_cache(maxsize=1024)
def whole_seconds(moment: datetime) -> datetime:
    """That moment in UTC to the second, which JSON shows as callers see times."""
    at = moment.astimezone(UTC)
    return datetime(at.year, at.month, at.day, at.hour, at.minute, at.second, tzinfo=UTC)


def rfc3339(moment: datetime) -> str:
    """For example 2026-03-16T12:00:00Z."""
    # Isoformat takes several times as long.
    return _encoder.encode(moment.astimezone(UTC)).decode()[1:20] + "Z"


def parse_rfc3339(text: str) -> datetime:
    """A time in UTC from RFC 3339; a time without a zone is taken as UTC. Raises ValueError.

    A leap second is the second after it: no clock here shows one.
    """
    upper = text.upper()
    # A space beside a T was a plus sign, before somebody forgot to encode it.
    spelt = upper.replace(" ", "+") if "T" in upper else upper
    leap = _LEAP_SECOND.match(spelt)
    try:
        if leap:
            return _after_leap_second(datetime.fromisoformat(f"{leap[1]}:59{spelt[leap.end() :]}"))
        # PostgreSQL takes no offset beyond 15:59, Python up to 23:59.
        return _in_utc(datetime.fromisoformat(spelt))
    except OverflowError:
        raise ValueError("out of range") from None


def _after_leap_second(second_before: datetime) -> datetime:
    after = _in_utc(second_before).replace(microsecond=0) + timedelta(seconds=1)
    if (after.hour, after.minute) != (0, 0):
        raise ValueError("only the last second of a day in UTC can be a leap second")
    return after


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
