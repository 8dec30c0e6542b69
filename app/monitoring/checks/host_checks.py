"""Checks the machine on which the doctor runs: disk, descriptors, memory, load."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path
from typing import NamedTuple

from app.domain.system.finding import Outcome, limits, ok, warning
from app.monitoring.system import System

DESCRIPTORS_MIN = 4096
_MEMORY = Path("/proc/meminfo")


class Facts(NamedTuple):
    """What the operating system says."""

    #: Used share of each folder's disk, and of its inodes.
    disks: dict[str, float]
    descriptors_max: int
    #: Share of the memory that is available; None: this system does not tell.
    memory_available: float | None
    #: Processes ready to run, by processor.
    load: float


def gather(system: System) -> Facts:
    """Ask the operating system."""
    disks = {str(folder.resolve()): _used(folder) for folder in system.folders}
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors = 2**31 if hard == resource.RLIM_INFINITY else hard
    return Facts(
        disks, descriptors, _memory_available(), os.getloadavg()[1] / (os.cpu_count() or 1)
    )


def has_disk(facts: Facts) -> Outcome:
    """The disks of the data folder and of temporary files are not nearly full."""
    folder = max(facts.disks, key=lambda each: facts.disks[each])
    found = f"{facts.disks[folder]:.0%} used ({folder})"
    return limits(facts.disks[folder], found, "make room on this disk", warn=0.85, fail=0.95)


def has_descriptors(facts: Facts) -> Outcome:
    """A process may open enough files: every connection takes one."""
    if facts.descriptors_max >= DESCRIPTORS_MIN:
        return ok(f"{facts.descriptors_max:,} at most")
    return warning(
        f"{facts.descriptors_max:,} at most", "raise LimitNOFILE (systemd) or ulimit -Hn to 65536"
    )


def has_memory(facts: Facts) -> Outcome:
    """More than a tenth of the memory is available."""
    if facts.memory_available is None:
        return ok("this system does not tell")
    found = f"{facts.memory_available:.0%} available"
    advice = "run fewer processes here, or add memory; beyond that processes are killed"
    return limits(1 - facts.memory_available, found, advice, warn=0.9, fail=0.97)


def is_not_overloaded(facts: Facts) -> Outcome:
    """In the last five minutes fewer than four processes a processor wanted to run."""
    advice = "find what uses the processors, or move processes to another machine"
    found = f"load of {facts.load:.1f} a processor"
    return limits(facts.load, found, advice, warn=4.0, fail=16.0)


def _used(folder: Path) -> float:
    usage = shutil.disk_usage(folder)
    files = os.statvfs(folder)
    inodes = 1 - files.f_favail / files.f_files if files.f_files else 0.0
    return max(1 - usage.free / usage.total, inodes)


def _memory_available() -> float | None:
    if not _MEMORY.exists():
        return None
    lines = dict(line.split(":", 1) for line in _MEMORY.read_text().splitlines() if ":" in line)
    total, free = (int(lines[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return free / total


CHECKS = (has_disk, has_descriptors, has_memory, is_not_overloaded)
