"""Processes whose clock is wrong, by libfaketime where it is installed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_LIBRARIES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/local/lib/faketime/libfaketime.so.1")
_FOR_PYTHON = Path(__file__).parent / "misset"


def library() -> str | None:
    """The path of libfaketime."""
    found = [each for pattern in _LIBRARIES for each in Path("/").glob(pattern[1:])]
    return str(found[0]) if found else None


def clock_off_by(seconds: int) -> Mapping[str, str]:
    """Environment of a process whose clock is ahead by so many seconds; monotonic ones are right.

    Empty for 0, and where there is no libfaketime.
    """
    preloaded = library()
    if not seconds or preloaded is None:
        return {}
    own = os.environ.get("PYTHONPATH", "")
    return {
        "LD_PRELOAD": preloaded,
        "FAKETIME": f"{seconds:+d}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": f"{_FOR_PYTHON}:{own}" if own else str(_FOR_PYTHON),
    }
