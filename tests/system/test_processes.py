from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scripts.system import pidfile, processes
from tests.system.programs import PARENT, SLEEPER, bystander, child
from tests.waiting import eventually


def test_a_birthmark_stays_the_same_and_ends_with_the_process() -> None:
    with bystander() as process:
        birthmark = processes.birthmark(process.pid)
        assert birthmark
        assert processes.birthmark(process.pid) == birthmark
        process.kill()
        # dead, though not yet waited for
        eventually(lambda: processes.birthmark(process.pid) is None)
    assert processes.birthmark(process.pid) is None


def test_a_group_lists_its_members_and_knows_their_mark(tmp_path: Path) -> None:
    lines: list[str] = []
    parent = child(tmp_path, PARENT, lines)
    parent.start()
    try:
        descendant = int(eventually(lambda: "".join(lines[:1])))
        assert parent.pid is not None
        assert sorted(processes.group_members(parent.pid)) == sorted([parent.pid, descendant])
        assert processes.has_variable(descendant, pidfile.MARK, str(tmp_path))
        assert not processes.has_variable(descendant, pidfile.MARK, str(tmp_path / "other"))
    finally:
        parent.kill()


def test_a_process_without_the_mark_is_not_taken_for_ours(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", SLEEPER], env={})
    try:
        assert not processes.has_variable(process.pid, pidfile.MARK, str(tmp_path))
    finally:
        process.kill()
        process.wait()


def test_a_family_is_everything_below_a_process_and_is_measured_with_it(tmp_path: Path) -> None:
    lines: list[str] = []
    parent = child(tmp_path, PARENT, lines)
    parent.start()
    try:
        descendant = int(eventually(lambda: "".join(lines[:1])))
        assert processes.descendants(parent.pid or 0) == [descendant]
        assert descendant in processes.descendants(os.getpid())
        assert SLEEPER in processes.command_of(descendant)
        family = processes.usage_of([parent.pid or 0])
        assert family.memory_mib > processes.usage_of([descendant]).memory_mib > 0
        assert family.cpu_seconds > 0
    finally:
        parent.kill()


def test_of_a_process_that_has_ended_nothing_is_told() -> None:
    with bystander() as process:
        process.kill()
    assert processes.birthmark(process.pid) is None
    assert processes.descendants(process.pid) == []
    assert processes.command_of(process.pid) == ""
    assert processes.usage_of([process.pid]) == (0, 0, 0)
