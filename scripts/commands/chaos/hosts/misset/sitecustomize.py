"""Python loads this in processes whose clock is wrong, found by their PYTHONPATH.

libfaketime 0.9.10 that leaves monotonic clocks alone breaks what `time.sleep` calls: it raises
OSError, of which threads die.
"""

import select
import time
from typing import SupportsIndex


def sleep(seconds: float | SupportsIndex) -> None:
    """Sleep, by a call that libfaketime leaves alone."""
    select.select((), (), (), float(seconds))


time.sleep = sleep
