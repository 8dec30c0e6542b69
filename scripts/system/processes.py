"""What the operating system knows about processes, the same on Linux (/proc) and macOS (ps)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol


class ProcessTable(Protocol):
    def birthmark(self, pid: int) -> str | None:
        """A text that no other process of this machine ever has; None once it has ended."""

    def group_members(self, group: int) -> list[int]:
        """The pids of a process group."""

    def has_variable(self, pid: int, name: str, value: str) -> bool:
        """Whether the process was started with this environment variable, as far as we may look."""


class ProcTable:
    """Reads /proc: minimal Linux images have no ps."""

    def birthmark(self, pid: int) -> str | None:
        fields = self._stat(pid)
        if fields is None or fields[0] in "ZX":
            return None
        return f"{_boot_id()} {fields[19]}"

    def group_members(self, group: int) -> list[int]:
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in pids if (stat := self._stat(pid)) and int(stat[2]) == group]

    def has_variable(self, pid: int, name: str, value: str) -> bool:
        try:
            environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(f"{name}={value}") in environ

    @staticmethod
    def _stat(pid: int) -> list[str] | None:
        """The fields of /proc/PID/stat after the command: state, parent, group, ..."""
        try:
            return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            return None


class PsTable:
    """Asks ps, in the options that BSD and Linux share."""

    def birthmark(self, pid: int) -> str | None:
        state, _, started = self._ask("-o", "stat=,lstart=", "-p", str(pid)).strip().partition(" ")
        return started.strip() if state and not state.startswith("Z") else None

    def group_members(self, group: int) -> list[int]:
        rows = (line.split() for line in self._ask("-A", "-o", "pid=,pgid=").splitlines())
        return [int(pid) for pid, its_group in rows if int(its_group) == group]

    def has_variable(self, pid: int, name: str, value: str) -> bool:
        return f" {name}={value} " in f" {self._ask('eww', '-o', 'command=', '-p', str(pid))} "

    @staticmethod
    def _ask(*options: str) -> str:
        # A fixed language and time zone: the texts are compared with those of another day.
        environ = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC0"}
        done = subprocess.run(["ps", *options], env=environ, capture_output=True, text=True)
        return done.stdout.replace("\n", " \n")


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


TABLE: ProcessTable = ProcTable() if sys.platform == "linux" else PsTable()
