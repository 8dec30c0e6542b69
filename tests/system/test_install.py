"""The way from a checkout to a running script, except for the downloads."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from scripts.checkout import CHECKOUT

#: What `_run` needs of the system besides Python.
PROGRAMS = ("sh", "cat", "cksum", "dirname")
VERBS = ("dev", "test", "check", "demo", "bench", "chaos", "manage")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a space in its path, and its own PATH folder without any Python."""
    copy = tmp_path / "a checkout"
    shutil.copytree(CHECKOUT / "scripts", copy / "scripts")
    for name in ("setup.cfg", "pyproject.toml", "constraints.txt"):
        shutil.copy(CHECKOUT / name, copy)
    (copy / "bin").mkdir()
    for program in PROGRAMS:
        (copy / "bin" / program).symlink_to(shutil.which(program) or program)
    return copy


def write_program(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


def run(checkout: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={"PATH": str(checkout / "bin")},
        cwd=checkout.parent,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("verb", VERBS)
def test_every_script_is_executable_and_names_itself(checkout: Path, verb: str) -> None:
    done = run(checkout, str(checkout / "scripts" / verb))
    assert done.returncode == 1
    assert done.stderr.startswith(f"scripts/{verb}: needs Python >= 3.11")
    assert len(done.stderr.splitlines()) == 1


def test_a_python_without_ensurepip_is_told_in_one_line(checkout: Path) -> None:
    write_program(checkout / "bin" / "python3", 'case "$2" in *ensurepip*) exit 1;; esac')
    done = run(checkout, str(checkout / "scripts" / "dev"))
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_old_python_is_passed_over(checkout: Path) -> None:
    write_program(checkout / "bin" / "python3", "exit 1")
    write_program(checkout / "bin" / "python3.12", 'case "$*" in *install.py*) echo "$@";; esac')
    done = run(checkout, str(checkout / "scripts" / "dev"))
    assert done.stdout.startswith("-I scripts/install.py ")


def test_a_current_environment_is_used_at_once_with_all_arguments(checkout: Path) -> None:
    write_program(checkout / ".venv" / "bin" / "python", 'printf "[%s]" "$PWD" "$@"')
    stamp = stamp_of(checkout)
    (checkout / ".venv" / "made-from").write_text(stamp + "\n")
    done = run(checkout, str(checkout / "scripts" / "manage"), "key", "two words", "")
    assert done.stdout == f"[{checkout}][-m][scripts.commands.manage][key][two words][]"


@pytest.mark.parametrize("changed", ["setup.cfg", "constraints.txt", "pyproject.toml"])
def test_a_changed_dependency_file_makes_the_environment_anew(checkout: Path, changed: str) -> None:
    before = stamp_of(checkout)
    with (checkout / changed).open("a") as file:
        file.write("# changed\n")
    assert stamp_of(checkout) != before


def stamp_of(checkout: Path) -> str:
    """What `_run` hands to the installer."""
    python = checkout / "bin" / "python3"
    write_program(python, 'case "$*" in *install.py*) printf %s "$3"; exit 9;; esac')
    done = run(checkout, str(checkout / "scripts" / "dev"))
    assert done.returncode == 9
    return done.stdout


def test_a_failing_installation_is_told_without_a_traceback(checkout: Path) -> None:
    (checkout / ".venv").write_text("a file in the way of the folder")
    (checkout / "bin" / "python3").symlink_to(shutil.which("python3") or "")
    done = subprocess.run(
        [checkout / "scripts" / "dev"],
        env={**os.environ, "PYTHON": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "scripts: set-up failed:" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_declared_dependency_is_pinned_to_what_is_installed() -> None:
    pins = dict(
        line.split("==")
        for line in (CHECKOUT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    )
    for name in declared_dependencies():
        assert pins.get(name) == version(name), name


def declared_dependencies() -> list[str]:
    setup = configparser.ConfigParser()
    setup.read(CHECKOUT / "setup.cfg")
    blocks = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    lines = "\n".join(blocks).split("\n")
    return [re.split(r"[<>=]", line)[0] for line in lines if line and not line.startswith("#")]
