"""A server's data on a small disk, and that disk full. Needs root, to mount a tmpfs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scripts.commands.chaos.observed import Begin, Observed
from scripts.system.server import STOP_SECONDS, Server

REDIS, POSTGRESQL = "valkey", "postgres"
#: More than a new database with its log takes.
DISK_MIB = 256
_FILLER = "filler"


class CannotMount(Exception):
    """Only root may mount a disk, and not in every container."""


def on_small_disk(name: str) -> Begin:
    """The server's data moves to a small disk, and back. Raises `CannotMount`."""
    return lambda observed: _on_small_disk(*_server(name, observed))


def filled(name: str) -> Begin:
    """The server's disk is full: not a byte more."""
    return lambda observed: _filled(*_server(name, observed))


@contextmanager
def _on_small_disk(server: Server, folder: Path) -> Iterator[None]:
    kept = folder.with_name(f"{folder.name}.kept")
    if os.geteuid() != 0:
        raise CannotMount("only root can mount a small disk")
    server.stop(STOP_SECONDS)
    folder.rename(kept)
    folder.mkdir()
    try:
        _mount(folder)
        _copy(kept, folder)
        server.start()
        yield
        server.stop(STOP_SECONDS)
        _copy(folder, kept)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], stderr=subprocess.DEVNULL)
        folder.rmdir()
        kept.rename(folder)
        server.start()


@contextmanager
def _filled(server: Server, folder: Path) -> Iterator[None]:
    _fill(folder / _FILLER)
    yield
    (folder / _FILLER).unlink()
    if server.pid is None:  # it ended, as Redis does when it cannot write
        server.start()


def _server(name: str, observed: Observed) -> tuple[Server, Path]:
    (server,) = (each for each in observed.embedded.servers if each.name == name)
    assert server.cwd is not None
    return server, server.cwd


def _mount(folder: Path) -> None:
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CannotMount(done.stderr.strip())


def _copy(source: Path, target: Path) -> None:
    """Everything in a folder, with owners and modes, in place of what the target has."""
    for each in target.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    subprocess.run(["cp", "--archive", f"{source}/.", str(target)], check=True)


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))
