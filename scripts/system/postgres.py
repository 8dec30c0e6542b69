"""PostgreSQL as a child process: the memory."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from scripts.system.address import Address, remembered_address
from scripts.system.ports import LOOPBACK
from scripts.system.postgres_home import data_home, programs
from scripts.system.server import Server, ServerFailed, data_lock, with_full_disk
from scripts.system.unprivileged import as_user, server_user

#: Both the role, which may do everything, and the database that `url` names.
NAME = "rex"

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
        self._programs = programs(user)
        self._settings = {**SETTINGS, **(settings or {})}
        #: Where the data is; elsewhere than in `data_folder` when its user cannot get there.
        self.home = data_home(data_folder, user)
        self._cluster = self.home / "cluster"
        super().__init__(
            "postgres",
            [],
            run_folder=run_folder,
            environ={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
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
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        self.argv = [str(self._programs / "postgres"), "-D", str(self._cluster), *options]

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
        self._run(
            *("initdb", "-D", str(draft), "-U", NAME, "--auth=trust", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        )
        sql = f"ALTER ROLE {NAME} PASSWORD '{self._address.password}';\nCREATE DATABASE {NAME};\n"
        self._run("postgres", "--single", "-D", str(draft), "postgres", text=sql)
        # Before the server's first start: nobody on this machine gets in without the password.
        (draft / "pg_hba.conf").write_text(f"host all all {LOOPBACK}/32 scram-sha-256\n")

    def _is_complete(self) -> bool:
        """Whether the data folder has our database: earlier versions kept what a full disk cut off.

        Each database has a folder; the first three are the server's own.
        """
        base = self._cluster / "base"
        return base.is_dir() and sum(each.name.isdecimal() for each in base.iterdir()) > 3

    def _run(self, program: str, *arguments: str, text: str = "") -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            cwd=self.home,
            env=self.environ,
            **as_user(self.user),
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is ours to handle
        )
        # In single-user mode the server ends with 0 whatever its statements met.
        if done.returncode != 0 or "ERROR: " in done.stdout:
            told = f"{program} failed:\n{done.stdout.strip()}"
            raise ServerFailed(with_full_disk(told, self.home))

    def _says_ready(self, pid: int) -> bool:
        """Reads the file by which the server tells its starter its state, in line 8."""
        with contextlib.suppress(OSError):
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
        return False
