"""What the operating system knows about processes: identity, families, use of the machine.

Whatever is asked of a process that has ended meanwhile is answered with nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from scripts.system.waiting import repeated

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Usage(NamedTuple):
    """What processes have used."""

    cpu_seconds: float
    #: Pages shared by several processes count in parts.
    memory_mib: float
    #: Such pages count in full, once for each process.
    resident_mib: float


def birthmark(pid: int) -> str | None:
    """A text that no other process of this machine ever has; None once it has ended.

    It counts from the boot, so no step of the clock changes it.
    """
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            boot_id = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
            return f"{boot_id} {process.create_time() - psutil.boot_time():.2f}"
    return None


def descendants(pid: int) -> list[int]:
    """Every living process below `pid`. Groups and sessions do not matter."""
    with suppress(psutil.Error):
        below = psutil.Process(pid).children(recursive=True)
        return [each.pid for each in below if birthmark(each.pid)]
    return []


def group_members(group: int) -> list[int]:
    """The pids of a process group."""
    found = []
    for pid in psutil.pids():
        with suppress(OSError):
            if os.getpgid(pid) == group:
                found.append(pid)
    return found


def has_variable(pid: int, name: str, value: str) -> bool:
    """Whether the process was started with this environment variable, as far as we may look."""
    with suppress(psutil.Error):
        return psutil.Process(pid).environ().get(name) == value
    return False


def command_of(pid: int) -> str:
    """The command line of a process; empty once it has ended."""
    with suppress(psutil.Error):
        return " ".join(psutil.Process(pid).cmdline())
    return ""


def send(pids: Iterable[int], number: int) -> None:
    """Signals processes that were just found; one that has ended meanwhile is passed over."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def can_tell_memory() -> bool:
    """Whether this system tells how much memory is a process's own share (Linux does)."""
    return hasattr(psutil.Process().memory_full_info(), "pss")


def usage_of(pids: Iterable[int]) -> Usage:
    """Of these processes and their descendants; processor time of children that have ended too."""
    cpu_seconds = memory_mib = resident_mib = 0.0
    for process in _with_descendants(pids):
        with suppress(psutil.Error):
            times = process.cpu_times()
            cpu_seconds += times.user + times.system + times.children_user + times.children_system
            memory = process.memory_full_info()
            memory_mib += memory.pss / 2**20
            resident_mib += memory.rss / 2**20
    return Usage(cpu_seconds, memory_mib, resident_mib)


@contextmanager
def watched_memory(pids: Iterable[int], look_seconds: float = 0.5) -> Iterator[list[float]]:
    """MiB of these processes and their descendants, looked at now and then in a with block."""
    watched, samples = list(pids), list[float]()
    with repeated(lambda: samples.append(usage_of(watched).memory_mib), look_seconds):
        yield samples


def _with_descendants(pids: Iterable[int]) -> Iterator[psutil.Process]:
    for pid in pids:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            yield from (process, *process.children(recursive=True))
