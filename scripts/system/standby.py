"""A PostgreSQL that follows an embedded one."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from scripts.system.ports import LOOPBACK, free_port
from scripts.system.postgres import SETTINGS, Postgres, says_ready
from scripts.system.postgres_programs import Programs, options_of
from scripts.system.server import Server, data_lock


class Standby(Server):
    """A copy of the primary, made anew by `prepare`, beside it; commits do not wait for it.

    `prepare` needs `allow_standby`, and a primary that has read its rules again since.
    """

    def __init__(
        self, primary: Postgres, log: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self._primary_url = primary.url
        self._port = free_port()
        self._folder = primary.home / "standby"
        assert primary.environ is not None
        self._programs = Programs(Path(primary.argv[0]).parent, primary.user, primary.home)
        # No fewer sessions than the primary has.
        settings = {**SETTINGS, **(settings or {}), "port": str(self._port)}
        super().__init__(
            "standby",
            [primary.argv[0], "-D", str(self._folder), *options_of(settings)],
            run_folder=primary.run_folder,
            environ=primary.environ,
            cwd=primary.home,
            user=primary.user,
            stop_signal=signal.SIGINT,
            output=log,
        )

    @property
    def url(self) -> str:
        """It alone."""
        return self._primary_url.replace(f":{urlsplit(self._primary_url).port}/", f":{self._port}/")

    def prepare(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        login = ("-d", self._primary_url)
        self._programs.run("pg_basebackup", *login, "-D", str(self._folder), "-R", "-c", "fast")

    def start(self) -> None:
        with data_lock(self._folder) as lock:
            self.launch_until(lambda pid: says_ready(self._folder, pid), lock)


def allow_standby(primary: Postgres) -> None:
    """Let a standby in, from the primary's next `pg_reload_conf()` on."""
    with (primary.home / "cluster" / "pg_hba.conf").open("a") as rules:
        rules.write(f"host replication all {LOOPBACK}/32 scram-sha-256\n")
