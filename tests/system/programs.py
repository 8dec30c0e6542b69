"""Small child processes for the tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.system.child import Child

#: Waits for a signal.
SLEEPER = "import signal; signal.pause()"
#: Does not hear SIGTERM; says when that is so.
STUBBORN = (
    "import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
)
#: Ends with status 7 when asked by SIGTERM; says when it can be asked.
POLITE = """
import signal, sys
signal.signal(15, lambda *_: sys.exit(7))
print("ready", flush=True)
signal.pause()
"""
#: Starts a descendant in its group, says its pid, and waits.
PARENT = f"""
import signal, subprocess, sys
print(subprocess.Popen([sys.executable, "-c", {SLEEPER!r}]).pid, flush=True)
signal.pause()
"""


def child(
    folder: Path, program: str, lines: list[str] | None = None, name: str = "program"
) -> Child:
    """A child that runs Python text, its lines gathered in `lines`."""
    gather: Callable[[str], None] = (lines if lines is not None else []).append
    return Child(name, [sys.executable, "-c", program], run_folder=folder, output=gather)


def bystander() -> subprocess.Popen[bytes]:
    """A process that is not ours and leads its own group."""
    return subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
