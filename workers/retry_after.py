"""Reads what a receiver asks for with `Retry-After`, whichever way it says so."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: A number from here on is a time, not a number of seconds.
UNIX_TIME_MIN = 1e9

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def retry_after_seconds(header: str, at: datetime) -> float | None:
    """What a Retry-After header asks for, in whole seconds from `at`, rounded up.

    Seconds, a date, or (against the standard, but seen) the Unix time to come back at.
    """
    if _NUMBER.fullmatch(header):
        number = float(header)
        seconds = number if number < UNIX_TIME_MIN else number - at.timestamp()
    elif (moment := _http_date(header)) is not None:
        seconds = (moment - at).total_seconds()
    else:
        return None
    return float(max(0, math.ceil(seconds)))


def dated(headers: Iterable[tuple[str, str]]) -> datetime | None:
    """When an answer left by the receiver's own clock, which its dates are to be read by."""
    found = (value for name, value in headers if name.lower() == "date")
    return _http_date(next(found, ""))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
