from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.system import processes
from scripts.system import supervisor as supervisor_module
from scripts.system.child import Child
from scripts.system.supervisor import Supervisor
from tests.system.programs import PARENT, POLITE, SLEEPER, STUBBORN, child
from tests.waiting import eventually


@contextmanager
def supervised(*children: Child, say: Callable[[str], None] = print) -> Iterator[Supervisor]:
    supervisor = Supervisor(children, say)
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop(grace_seconds=0.5)


def test_a_dead_child_is_started_again_and_a_line_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    web = child(tmp_path, SLEEPER, name="web")
    with supervised(web, say=said.append):
        first = web.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        eventually(lambda: web.pid not in (None, first))
    assert said == ["web was killed by signal 9; starting it again in 0.5 s"]


def test_the_pause_before_a_restart_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "FIRST_PAUSE_SECONDS", 0.01)
    said: list[str] = []
    with supervised(child(tmp_path, "raise SystemExit(3)"), say=said.append):
        eventually(lambda: len(said) >= 3)
    assert [line.split(" in ")[1] for line in said[:3]] == ["0.01 s", "0.02 s", "0.04 s"]
    assert said[0].startswith("program ended with status 3")


def test_what_a_dead_parent_leaves_is_killed(tmp_path: Path) -> None:
    lines: list[str] = []
    parent = child(tmp_path, PARENT, lines)
    with supervised(parent):
        orphan = int(eventually(lambda: "".join(lines[:1])))
        os.kill(parent.pid or 0, signal.SIGKILL)
        eventually(lambda: processes.birthmark(orphan) is None)
        eventually(lambda: len(lines) == 2)  # the next one, from the restart


def test_stopping_ends_after_the_grace_and_leaves_nobody(tmp_path: Path) -> None:
    deaf: list[str] = []
    lines: list[str] = []
    children = [
        child(tmp_path, STUBBORN, deaf, name="deaf"),
        child(tmp_path, PARENT, lines, name="parent"),
        child(tmp_path, SLEEPER, name="frozen"),
    ]
    with supervised(*children) as supervisor:
        eventually(lambda: deaf and lines)
        children[2].freeze()
        pids = [eachone.pid for eachone in children] + [int(lines[0])]
        began = time.monotonic()
        supervisor.stop(grace_seconds=0.5)
        assert time.monotonic() - began < 20  # or for ever
    for pid in pids:
        assert pid is not None
        eventually(lambda pid=pid: processes.birthmark(pid) is None)  # type: ignore[misc]
    assert list(tmp_path.iterdir()) == []


def test_stopping_during_the_pause_starts_nothing_more(tmp_path: Path) -> None:
    said: list[str] = []
    program = child(tmp_path, "")
    with supervised(program, say=said.append) as supervisor:
        eventually(lambda: said)
        supervisor.stop(grace_seconds=1)
        assert program.pid is None
    assert len(said) == 1


def test_a_child_that_refuses_its_settings_is_not_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    lines: list[str] = []
    refusing = child(tmp_path, "print('PORT: wrong'); raise SystemExit(78)", lines, name="web")
    with supervised(refusing, child(tmp_path, SLEEPER), say=said.append) as supervisor:
        assert supervisor.finished.wait(60)
        assert supervisor.exit_status == 78
    assert lines == ["PORT: wrong"]
    assert said == ["web refuses its settings (see its line above)"]


def test_a_program_that_cannot_be_started_says_so_at_once(tmp_path: Path) -> None:
    missing = Child("web", [str(tmp_path / "none")], run_folder=tmp_path, output=print)
    supervisor = Supervisor([child(tmp_path, SLEEPER), missing], print)
    with pytest.raises(FileNotFoundError):
        supervisor.start()
    supervisor.stop(grace_seconds=1)
    assert list(tmp_path.iterdir()) == []


def test_every_line_arrives_also_the_last_ones_before_an_end(tmp_path: Path) -> None:
    lines: list[str] = []
    program = child(tmp_path, "for n in range(5000): print(n)", lines)
    program.start()
    assert program.wait() == 0
    assert lines == [str(n) for n in range(5000)]


def test_a_frozen_child_is_asked_to_stop_not_killed(tmp_path: Path) -> None:
    lines: list[str] = []
    program = child(tmp_path, POLITE, lines)
    program.start()
    eventually(lambda: lines)
    program.freeze()
    program.stop(grace_seconds=60)
    assert program.wait() == 7


def test_children_are_out_of_reach_of_the_terminal(tmp_path: Path) -> None:
    program = child(tmp_path, SLEEPER)
    program.start()
    assert program.pid is not None
    assert os.getsid(program.pid) == program.pid != os.getsid(0)
    program.kill()
    assert sys.executable in program.argv
