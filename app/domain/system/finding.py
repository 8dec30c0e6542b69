"""What a check of the system found, and what to do about it, in a line each."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec


class Status(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # works, but not as it should, or not for long
    FAILED = "failed"  # does not work, or may lose something
    UNKNOWN = "unknown"  # could not be looked at


class Outcome(NamedTuple):
    """What one check says. `advice` is empty when nothing is to be done."""

    status: Status
    found: str
    advice: str = ""


class Finding(msgspec.Struct, frozen=True):
    """An outcome with the name of its check."""

    group: str
    check: str
    status: Status
    found: str
    advice: str
    #: What the check looks at, in a sentence.
    meaning: str


def ok(found: str) -> Outcome:
    """Nothing to do."""
    return Outcome(Status.OK, found)


def warning(found: str, advice: str) -> Outcome:
    """Something to look at."""
    return Outcome(Status.WARNING, found, advice)


def failed(found: str, advice: str) -> Outcome:
    """Something to repair now."""
    return Outcome(Status.FAILED, found, advice)


def unknown(found: str, advice: str = "") -> Outcome:
    """It could not be looked at."""
    return Outcome(Status.UNKNOWN, found, advice)


def limits(value: float, found: str, advice: str, *, warn: float, fail: float) -> Outcome:
    """The outcome for a figure that should be small: warning above `warn`, failed above `fail`."""
    if value > fail:
        return failed(found, advice)
    return warning(found, advice) if value > warn else ok(found)
