"""Looking, again and again, at what other processes do: nobody tells."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def wait_until(holds: Callable[[], object], seconds: float, look_seconds: float = 0.02) -> bool:
    """Look until it holds; whether it did within that time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(look_seconds)
    return True


@contextmanager
def repeated(action: Callable[[], object], pause_seconds: float) -> Iterator[None]:
    """Do it in a thread, again and again with that pause, within a with block."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(pause_seconds):
            action()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
