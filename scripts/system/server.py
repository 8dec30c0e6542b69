"""What the two embedded servers have in common: a start that ends when they answer."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.system.child import Child
from scripts.system.waiting import wait_until

#: A first start on a slow disk, or the recovery after a crash.
START_SECONDS = 30.0
#: How long a server may take to close its files, and its children to notice that it was killed.
STOP_SECONDS = 5.0


class ServerFailed(Exception):
    """An embedded server cannot be started; the text holds the last lines of its log."""


@contextlib.contextmanager
def data_lock(folder: Path) -> Iterator[int]:
    """The lock of a data folder, as a descriptor that the server and its children must inherit.

    The kernel keeps it locked while any of them lives, whatever a pid file says: two servers on the
    same files would destroy them. Raises `ServerFailed`.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not wait_until(lambda: _try_lock(descriptor), STOP_SECONDS):
            raise ServerFailed(f"another server uses {folder}; stop it first")
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def with_full_disk(text: str, folder: Path) -> str:
    """What a server says, after the disk that is full, if that is its trouble."""
    if not any(sign in text for sign in (os.strerror(errno.ENOSPC), "Check free disk space")):
        return text
    free = shutil.disk_usage(folder).free // 2**20
    return (
        f"the disk that holds {folder} is full ({free} MB free); make room, and start again\n{text}"
    )


class Server(Child, ABC):
    """An embedded server. `start` blocks until it accepts connections."""

    @abstractmethod
    def prepare(self) -> None:
        """Chooses the address; makes the data folder on first use. The server must be stopped."""

    @property
    @abstractmethod
    def url(self) -> str:
        """What clients connect to. Known once prepared."""

    def launch_until(self, answers: Callable[[int], bool], lock: int) -> None:
        """Starts the process, which keeps the lock open, and waits until `answers(pid)`.

        Raises `ServerFailed` when the process ends first or does not answer in time.
        """
        process = self.launch(keep_open=(lock,))
        deadline = time.monotonic() + START_SECONDS
        while not answers(process.pid):
            try:
                process.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
                self.kill()
                raise ServerFailed(
                    self._story(f"did not answer in {START_SECONDS:.0f} s")
                ) from None
            status = self.wait()
            raise ServerFailed(self._story(f"ended at its start with status {status}"))

    def _story(self, what: str) -> str:
        assert isinstance(self.output, Path)
        tail = self.output.read_text(errors="replace").splitlines()[-3:]
        story = f"{self.name} {what} ({self.output}):\n" + "\n".join(tail)
        return with_full_disk(story, self.cwd or self.output.parent)
