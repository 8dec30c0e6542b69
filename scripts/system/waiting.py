"""Waiting for what other processes do, of which nobody tells."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], object], seconds: float, look_seconds: float = 0.02) -> bool:
    """Look until it holds; whether it did within that time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(look_seconds)
    return True
