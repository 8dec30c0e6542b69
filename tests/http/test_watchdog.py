"""A worker whose parent was killed ends by itself; what hangs is a matter of test_stopping.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
WORKER = "import asyncio; from app.http.watchdog import beat; asyncio.run(beat())"
PARENT = f"""
import os, subprocess, sys, time
from app.http.watchdog import start_watchdog
with start_watchdog() as folder:
    worker = subprocess.Popen([sys.executable, "-c", {WORKER!r}])
    while not os.listdir(folder):
        time.sleep(0.01)
    print(folder, flush=True)
    worker.wait()
"""


def test_a_worker_ends_when_its_parent_is_killed_and_leaves_no_files() -> None:
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        folder = Path(parent.stdout.readline().strip())
        assert folder.is_dir()
        parent.kill()
        # The worker holds the other end of the pipe, too.
        assert parent.stdout.read() == ""
    assert not folder.exists()
