"""The processes below a process: a frozen machine freezes all of them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

#: Minimal Linux images have no ps, macOS has no /proc.
_HAS_PROC = Path("/proc/self/stat").exists()


def descendants(pid: int) -> list[int]:
    """Every living process below `pid`, its children first. Groups and sessions do not matter."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found = list(children.get(pid, ()))
    for each in found:  # grows while it is read
        found += children.get(each, ())
    return found


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signals processes that were just found; one that has ended meanwhile is passed over."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def command_of(pid: int) -> str:
    """The command line of a process; empty once it has ended."""
    if _HAS_PROC:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return ""
    return _ps("-o", "command=", "-p", str(pid)).strip()


def _parents() -> list[tuple[int, int]]:
    """Every process and its parent."""
    if _HAS_PROC:
        return [pair for entry in Path("/proc").glob("[0-9]*") if (pair := _read_stat(entry))]
    rows = (line.split() for line in _ps("-A", "-o", "pid=,ppid=,stat=").splitlines())
    return [(int(pid), int(parent)) for pid, parent, state in rows if not state.startswith("Z")]


def _read_stat(entry: Path) -> tuple[int, int] | None:
    try:
        state, parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state in "ZX" else (int(entry.name), int(parent))


def _ps(*options: str) -> str:
    return subprocess.run(["ps", *options], capture_output=True, text=True).stdout
