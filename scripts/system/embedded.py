"""The two embedded servers together, and the folder that they live in."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from scripts.system import pidfile
from scripts.system.postgres import WITHOUT_FSYNC, Postgres
from scripts.system.postgres_home import shared_folder
from scripts.system.server import STOP_SECONDS, Server
from scripts.system.unprivileged import can_enter, server_user
from scripts.system.valkey import Valkey
from scripts.system.warden import guarded


class AlreadyRunning(Exception):
    """Another process has this data folder in use."""


class Embedded:
    """A real Valkey and a real PostgreSQL in one data folder.

        with Embedded(folder) as servers:
            servers.database_url, servers.redis_url
            servers.postgres.kill(); servers.postgres.start()
            servers.valkey.freeze(); servers.valkey.thaw()

    Entering is `claim`, `prepare` and `start`; leaving is `stop`. Whatever ends this process, its
    children end soon after; what even then remains is stopped by the next claim of the folder.
    Without a folder a temporary one is made, and removed at the end, however that comes.
    With `postgres` or `valkey` False that server is left out and its attribute must not be used.
    """

    postgres: Postgres
    valkey: Valkey

    def __init__(
        self,
        data_folder: Path | None = None,
        *,
        postgres: bool = True,
        valkey: bool = True,
        fsync: bool = True,
        postgres_settings: Mapping[str, str] | None = None,
        valkey_settings: Mapping[str, str] | None = None,
        valkey_program: Path | None = None,
    ) -> None:
        self._is_temporary = data_folder is None
        self.data_folder = (data_folder or make_temporary_folder()).absolute()
        #: Holds the pid files; children of the same system may put theirs beside.
        self.run_folder = self.data_folder / "run"
        self._wanted = {"postgres": postgres, "valkey": valkey}
        self._postgres_settings = {**(postgres_settings or {}), **({} if fsync else WITHOUT_FSYNC)}
        self._valkey_options = valkey_settings, valkey_program
        self._held = contextlib.ExitStack()
        #: The servers in use, in the order of their start.
        self.servers: list[Server] = []

    @property
    def has_postgres(self) -> bool:
        return self._wanted["postgres"]

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        return self.valkey.url

    def claim(self) -> list[str]:
        """Takes the data folder, making it on first use, and stops what an unclean end left.

        Returns the names of the processes stopped. Raises `AlreadyRunning`.
        """
        make_data_folder(self.data_folder)
        (self.data_folder / "log").mkdir(exist_ok=True)
        self.run_folder.mkdir(exist_ok=True)
        self._held.enter_context(_only_user(self.run_folder))
        leftovers = pidfile.stop_leftovers(self.run_folder)
        self._held.enter_context(guarded(self.run_folder, self._to_remove()))
        return leftovers

    def prepare(self) -> None:
        """Makes the servers' files on first use and fixes their URLs, without starting them."""
        if self._wanted["valkey"]:
            self.valkey = Valkey(*self._places("valkey"), *self._valkey_options)
            self.servers.append(self.valkey)
        if self._wanted["postgres"]:
            self.postgres = Postgres(*self._places("postgres"), self._postgres_settings)
            self.servers.append(self.postgres)
        for server in self.servers:
            server.prepare()

    def start(self) -> None:
        """Starts the servers side by side; returns when both accept connections."""
        with ThreadPoolExecutor(2) as starters:
            for started in [starters.submit(server.start) for server in self.servers]:
                started.result()

    def stop(self) -> None:
        """Stops the servers and gives the data folder free. Harmless when repeated."""
        try:
            with ThreadPoolExecutor(2) as stoppers:
                for stopped in [stoppers.submit(s.stop, STOP_SECONDS) for s in self.servers]:
                    stopped.result()
        finally:
            self._held.close()

    def _to_remove(self) -> list[Path]:
        return [self.data_folder] if self._is_temporary else []

    def _places(self, name: str) -> tuple[Path, Path, Path]:
        return self.data_folder, self.run_folder, self.data_folder / "log" / f"{name}.log"

    def __enter__(self) -> Self:
        try:
            self.claim()
            self.prepare()
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()


def make_data_folder(folder: Path) -> None:
    """Makes it if absent: private, but passable when we are root, since PostgreSQL is not."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def make_temporary_folder() -> Path:
    """A new short-lived folder that the user of PostgreSQL can pass through, too."""
    user = server_user()
    folder = Path(tempfile.mkdtemp(prefix="rex-"))
    if user is None:
        return folder
    folder.chmod(0o711)
    if not can_enter(user, folder):
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="temporary-", dir=shared_folder()))
        folder.chmod(0o711)
    return folder


@contextlib.contextmanager
def _only_user(run_folder: Path) -> Iterator[None]:
    """Holds the folder's lock; the kernel drops it with this process."""
    with (run_folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip()
            raise AlreadyRunning(f"{run_folder.parent} is in use by process {owner}") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
