from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.system import pidfile, processes
from tests.system.programs import PARENT, SLEEPER, STUBBORN, bystander, child
from tests.waiting import eventually


def test_a_leftover_is_stopped_and_its_pid_file_removed(tmp_path: Path) -> None:
    leftover = child(tmp_path, SLEEPER)
    leftover.start()
    assert pidfile.stop_leftovers(tmp_path) == ["program"]
    assert leftover.wait() == -signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_a_frozen_leftover_is_stopped_too(tmp_path: Path) -> None:
    leftover = child(tmp_path, SLEEPER)
    leftover.start()
    leftover.freeze()
    pidfile.stop_leftovers(tmp_path)
    assert leftover.wait() == -signal.SIGTERM, "what stays frozen is killed in the end"


def test_a_leftover_that_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pidfile, "GRACE_SECONDS", 0.3)
    lines: list[str] = []
    leftover = child(tmp_path, STUBBORN, lines)
    leftover.start()
    eventually(lambda: lines)
    pidfile.stop_leftovers(tmp_path)
    assert leftover.wait() == -signal.SIGKILL


def test_the_children_of_a_dead_leader_are_stopped(tmp_path: Path) -> None:
    lines: list[str] = []
    leader = child(tmp_path, PARENT, lines)
    leader.start()
    descendant = int(eventually(lambda: "".join(lines[:1])))
    os.kill(leader.pid or 0, signal.SIGKILL)
    assert leader.process is not None
    leader.process.wait()
    assert pidfile.stop_leftovers(tmp_path) == ["program"]
    eventually(lambda: processes.birthmark(descendant) is None)


def test_a_pid_that_was_given_out_again_is_left_alone(tmp_path: Path) -> None:
    with bystander() as stranger:
        pidfile.record(tmp_path, "web", stranger.pid, signal.SIGTERM)
        (recorded,) = pidfile.recorded(tmp_path)
        earlier = replace(recorded, birthmark="an earlier process")
        assert pidfile.stop_leftovers(tmp_path, [earlier]) == []
        assert stranger.poll() is None
        stranger.kill()


def test_a_strangers_group_whose_leader_has_ended_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with stranger:
        assert stranger.stdout is not None
        descendant = int(stranger.stdout.readline())
        stranger.kill()
    earlier = pidfile.Recorded("web", stranger.pid, "an earlier process", signal.SIGTERM)
    assert pidfile.stop_leftovers(tmp_path, [earlier]) == []
    assert processes.birthmark(descendant)
    os.kill(descendant, signal.SIGKILL)


@pytest.mark.parametrize("text", ["", "17", "{", '{"pid": 1}', "[]"])
def test_an_unreadable_pid_file_harms_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "web.pid").write_text(text)
    assert pidfile.stop_leftovers(tmp_path) == []
