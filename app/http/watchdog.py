"""Workers that hang are killed, and the server starts others; workers without a parent end.

A worker's event loop touches a file every second. The process that started it watches the files.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path

from config.role_marker import FOLDER_VARIABLE

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
#: Silence after which a worker counts as frozen or deadlocked.
SILENCE_SECONDS_MAX = 10.0


def start_watchdog() -> tempfile.TemporaryDirectory[str]:
    """Watch the child processes that this process starts from now on; the folder of their files."""
    folder = tempfile.TemporaryDirectory(prefix="web-heartbeats-")
    os.environ[FOLDER_VARIABLE] = folder.name
    threading.Thread(target=_watch, args=(Path(folder.name),), daemon=True).start()
    return folder


async def beat() -> None:
    """Tell the watchdog, if there is one, that this process lives, until cancelled."""
    if FOLDER_VARIABLE not in os.environ:
        return
    parent, file = os.getppid(), Path(os.environ[FOLDER_VARIABLE]) / str(os.getpid())
    while os.getppid() == parent:
        file.touch()
        await asyncio.sleep(BEAT_SECONDS)
    shutil.rmtree(file.parent, ignore_errors=True)  # the parent was killed before it could
    signal.raise_signal(signal.SIGTERM)


def _watch(folder: Path) -> None:
    # By the change of a file's time, not by its distance from now: the machine's clock may step.
    heard: dict[int, tuple[int, float]] = {}
    while True:
        time.sleep(BEAT_SECONDS)
        now = time.monotonic()
        for child in multiprocessing.active_children():
            pid, beat_at = child.pid or 0, _last_beat(folder / str(child.pid))
            if heard.get(pid, (0, 0.0))[0] != beat_at:
                heard[pid] = (beat_at, now)
            elif beat_at and now - heard[pid][1] > SILENCE_SECONDS_MAX:
                log.error("web.worker_hangs", extra={"pid": pid})
                child.kill()


def _last_beat(file: Path) -> int:
    """When a file was touched; 0 if never."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
