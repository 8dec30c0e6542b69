"""PostgreSQL as a child process: the memory."""

from __future__ import annotations

import contextlib
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from scripts.system.address import Address, remembered_address
from scripts.system.ports import LOOPBACK
from scripts.system.postgres_home import data_home, programs
from scripts.system.postgres_programs import NAME, Programs, options_of
from scripts.system.server import Server, data_lock
from scripts.system.unprivileged import server_user

#: Passed on the command line, so that a change holds from the next start on.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    # No socket file: its path would have to be short and reachable for two users.
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "lc_messages": "C",
}

#: Tests only: their data need not survive the machine.
WITHOUT_FSYNC = {"fsync": "off", "full_page_writes": "off"}


class Postgres(Server):
    """A PostgreSQL on loopback with password logins, kept in `data_folder` or near it.

    `settings` add to or replace `SETTINGS`. As root it runs as another user, see `postgres_home`.
    """

    def __init__(
        self,
        data_folder: Path,
        run_folder: Path,
        log: Path,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        user = server_user()
        self._data_folder = data_folder
        self._address = Address(0, "")
        self._settings = {**SETTINGS, **(settings or {})}
        #: Where the data is; elsewhere than in `data_folder` when its user cannot get there.
        self.home = data_home(data_folder, user)
        self._programs = Programs(programs(user), user, self.home)
        self._cluster = self.home / "cluster"
        super().__init__(
            "postgres",
            [],
            run_folder=run_folder,
            environ=self._programs.environ,
            cwd=self.home,
            user=user,
            # SIGTERM would wait for clients to go by themselves.
            stop_signal=signal.SIGINT,
            output=log,
        )

    @property
    def url(self) -> str:
        address = f"{LOOPBACK}:{self._address.port}"
        return f"postgresql://{NAME}:{self._address.password}@{address}/{NAME}"

    def prepare(self) -> None:
        self._address = remembered_address(self._data_folder / "postgres.json")
        if self._cluster.exists() and not self._is_complete():
            # Nobody was ever able to log in; still, nothing is thrown away.
            self._cluster.rename(self.home / f"cluster.incomplete-{int(time.time())}")
        if not self._cluster.exists():
            self._make_cluster()
            # That took seconds, in which somebody may have taken the port.
            self._address = remembered_address(self._data_folder / "postgres.json")
        settings = {**self._settings, "port": str(self._address.port)}
        program = str(self._programs.folder / "postgres")
        self.argv = [program, "-D", str(self._cluster), *options_of(settings)]

    def start(self) -> None:
        with data_lock(self.home) as lock:
            # We hold the lock, so whatever this file says is of a server that has ended. Its number
            # may be another process's by now, or a zombie's, and PostgreSQL would then refuse.
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)
            self.launch_until(self._says_ready, lock)

    def _make_cluster(self) -> None:
        """Makes the data folder under another name and renames it once it is complete."""
        draft = self.home / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)
        try:
            self._fill(draft)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)  # of a full disk it holds the rest
            raise
        draft.rename(self._cluster)

    def _fill(self, draft: Path) -> None:
        self._programs.make_cluster(draft, self._address.password)
        # Before the server's first start: nobody on this machine gets in without the password.
        (draft / "pg_hba.conf").write_text(f"host all all {LOOPBACK}/32 scram-sha-256\n")

    def _is_complete(self) -> bool:
        """Whether the data folder has our database: earlier versions kept what a full disk cut off.

        Each database has a folder; the first three are the server's own.
        """
        base = self._cluster / "base"
        return base.is_dir() and sum(each.name.isdecimal() for each in base.iterdir()) > 3

    def _says_ready(self, pid: int) -> bool:
        return says_ready(self._cluster, pid)


def says_ready(cluster: Path, pid: int) -> bool:
    """Reads the file by which the server tells its starter its state, in line 8."""
    with contextlib.suppress(OSError):
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
    return False
