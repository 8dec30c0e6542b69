"""Processor time and memory of processes and all their descendants, read from /proc (Linux)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1024


class Usage(NamedTuple):
    """What processes have used."""

    cpu_seconds: float
    #: Pages shared by several processes count in parts.
    memory_mib: float


def can_tell() -> bool:
    """Whether this machine tells."""
    return (_PROC / "self" / "stat").exists()


def usage_of(pids: Iterable[int]) -> Usage:
    """Of these processes and their descendants; what has ended meanwhile counts for nothing."""
    family = with_descendants(pids)
    return Usage(sum(map(cpu_seconds, family)), sum(map(_memory_mib, family)))


def cpu_seconds(pid: int) -> float:
    """Processor time, of children that have ended as well, in steps of 10 ms; 0 for a dead one."""
    with contextlib.suppress(OSError):
        return sum(map(int, _stat(pid)[11:15])) / _TICKS
    return 0.0


def with_descendants(pids: Iterable[int]) -> list[int]:
    """These processes and whatever they have started."""
    children = _children()
    family, waiting = [], [*pids]
    while waiting:
        pid = waiting.pop()
        family.append(pid)
        waiting += children.get(pid, ())
    return family


def _children() -> Mapping[int, list[int]]:
    children: dict[int, list[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(int(_stat(int(folder.name))[1]), []).append(int(folder.name))
    return children


def _stat(pid: int) -> list[str]:
    """The fields of a process from its state (the third) on; its name may hold anything."""
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _memory_mib(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / _MIB
    return 0.0
