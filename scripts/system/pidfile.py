"""Pid files, and what an unclean end left running.

A pid alone proves nothing, since numbers are given out again. A pid file therefore also holds the
process's birthmark, and every process of ours carries `MARK` in its environment, by which the
children of one that has already ended are known. Nothing else is ever signalled.
"""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.system import processes
from scripts.system.waiting import wait_until

#: Environment variable of every process that we start: the folder that holds its pid file.
MARK = "REX_CAPTURE_RUN"

#: How long a leftover may take to stop before it is killed.
GRACE_SECONDS = 5.0


@dataclass(frozen=True)
class Recorded:
    """One process as its pid file tells it. It leads its process group, whose number is its pid."""

    name: str
    pid: int
    birthmark: str
    #: What asks it to stop: SIGTERM for most, SIGINT for PostgreSQL.
    stop_signal: int

    def is_alive(self) -> bool:
        return processes.birthmark(self.pid) == self.birthmark


def record(folder: Path, name: str, pid: int, stop_signal: int) -> None:
    """Writes `folder`/`name`.pid for a child that was just started."""
    birthmark = processes.birthmark(pid)
    if birthmark is None:
        return  # already ended; its parent is about to hear of it
    path = folder / f"{name}.pid"
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(Recorded(name, pid, birthmark, stop_signal))))
    draft.replace(path)


def forget(folder: Path, name: str) -> None:
    (folder / f"{name}.pid").unlink(missing_ok=True)


def recorded(folder: Path) -> list[Recorded]:
    """All readable pid files of a folder, whether their processes still live or not."""
    found = []
    for path in sorted(folder.glob("*.pid")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            found.append(Recorded(**json.loads(path.read_text())))
    return found


def stop_leftovers(folder: Path, found: Iterable[Recorded] | None = None) -> list[str]:
    """Stops what is left of the recorded processes and removes their pid files.

    Asks first, kills what has not ended after `GRACE_SECONDS`. Returns the names of those that
    still lived.
    """
    found = recorded(folder) if found is None else list(found)
    stopped = [
        leftover.name for leftover in found if leftover.is_alive() or _orphans(folder, leftover)
    ]
    for leftover in found:
        _ask_to_stop(folder, leftover)
    wait_until(lambda: not any(leftover.is_alive() for leftover in found), GRACE_SECONDS)
    for leftover in found:
        _kill(folder, leftover)
    wait_until(lambda: not any(leftover.is_alive() for leftover in found), GRACE_SECONDS)
    for leftover in found:
        forget(folder, leftover.name)
    return stopped


def _orphans(folder: Path, leftover: Recorded) -> list[int]:
    """Members of the group of a leader that has ended, each proved ours by its mark."""
    return [
        pid
        for pid in processes.group_members(leftover.pid)
        if pid != leftover.pid and processes.has_variable(pid, MARK, str(folder))
    ]


def _ask_to_stop(folder: Path, leftover: Recorded) -> None:
    pids = [leftover.pid] if leftover.is_alive() else _orphans(folder, leftover)
    processes.send(pids, leftover.stop_signal)
    processes.send(pids, signal.SIGCONT)  # a frozen process hears nothing else


def _kill(folder: Path, leftover: Recorded) -> None:
    pids = _orphans(folder, leftover)
    if leftover.is_alive():
        pids.append(leftover.pid)
    processes.send(pids, signal.SIGKILL)
