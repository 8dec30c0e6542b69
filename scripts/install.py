"""Makes or renews the checkout's .venv, for scripts/_run, on the standard library alone."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
LOG = VENV / "install.log"
#: Says what .venv was made from; absent while an installation is unfinished.
STAMP = VENV / "made-from"


class InstallationFailed(Exception):
    """A step of the installation ended with an error."""


def main(made_from: str) -> None:
    """Leaves a complete .venv whose stamp is `made_from`, or exits with a readable reason."""
    try:
        with only_one_at_a_time() as lock:
            if not is_current(made_from):
                install(made_from, lock)
    except (InstallationFailed, OSError) as problem:
        sys.exit(f"scripts: set-up failed: {problem}")
    except KeyboardInterrupt:
        sys.exit("scripts: set-up interrupted; the next start carries on")


@contextmanager
def only_one_at_a_time() -> Iterator[int]:
    """Holds the checkout's installation lock, whose descriptor it yields.

    The kernel drops the lock with the last process that holds the descriptor, so a killed
    installation blocks nobody, and one whose pip still runs is waited for.
    """
    descriptor = os.open(CHECKOUT / ".venv.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def is_current(made_from: str) -> bool:
    return (VENV / "bin" / "python").exists() and recorded_stamp() == made_from


def recorded_stamp() -> str:
    return STAMP.read_text().strip() if STAMP.exists() else ""


def install(made_from: str, lock: int) -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"Setting up .venv with Python {version} (once, about a minute) ...", file=sys.stderr)
    if not can_be_renewed(made_from):
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], lock)
    STAMP.unlink(missing_ok=True)
    run(
        [
            *(str(VENV / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"),
            *("--constraint", "constraints.txt", "--editable", ".[embedded,dev]"),
        ],
        lock,
    )
    STAMP.write_text(made_from + "\n")


def can_be_renewed(made_from: str) -> bool:
    """Whether .venv was completed in this checkout, so that only packages need to change."""
    checkout = made_from.split(" ", 2)[-1]
    return (VENV / "bin" / "python").exists() and recorded_stamp().endswith(f" {checkout}")


def run(command: list[str], lock: int) -> None:
    """Runs one step, its output in a file, and raises `InstallationFailed` with its last lines."""
    lines = []
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env={**os.environ, "PIP_USER": "0"},
        pass_fds=(lock,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            show_progress(line.strip())
    show_progress("")
    if VENV.is_dir():
        LOG.write_text("".join(lines))
    if process.returncode != 0:
        tail = "".join(lines[-5:]).strip()
        raise InstallationFailed(f"{' '.join(command)}\n{tail}")


def show_progress(line: str) -> None:
    """What a step does now, on a terminal, replacing the line before."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line[:79]}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
