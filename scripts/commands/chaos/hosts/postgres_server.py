"""A host's PostgreSQL: the primary or a standby of whichever server takes writes."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from scripts.system.postgres import SETTINGS, says_ready
from scripts.system.postgres_home import programs
from scripts.system.postgres_programs import NAME, Programs, options_of
from scripts.system.server import Server, data_lock
from scripts.system.unprivileged import server_user

PORT = 5432

#: A connection that swallows everything is noticed within a few seconds, on both sides: the locks
#: of a host that is gone are given up then.
_SETTINGS = {
    **SETTINGS,
    "listen_addresses": "*",
    "shared_buffers": "32MB",
    "wal_keep_size": "512MB",
    "wal_sender_timeout": "3s",
    # A standby that hears nothing asks after half of this time.
    "wal_receiver_timeout": "2s",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "500ms",
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": "3s",
    "synchronous_commit": "on",
}
#: The same of a standby's connection.
_PATIENCE = "connect_timeout=2 keepalives_idle=2 keepalives_interval=1 keepalives_count=2"


class HostPostgres(Server):
    """PostgreSQL on host `name`. A commit waits for any one of the others to have it on disk."""

    def __init__(
        self,
        folder: Path,
        run_folder: Path,
        addresses: Mapping[str, str],
        password: str,
    ) -> None:
        self.host = addresses[folder.name]
        #: Whom the host's root starts it as.
        self.runs_as = user = server_user()
        home = folder / "postgres"
        self._cluster = home / "cluster"
        self._programs = Programs(programs(user), user, home)
        self._password = password
        self._subnet = self.host.rpartition(".")[0] + ".0/24"
        self._upstream = (
            f"host={','.join(addresses.values())} port={PORT} user={NAME} password={password}"
            f" target_session_attrs=read-write application_name={folder.name}"
            f" {_PATIENCE} tcp_user_timeout=3000"
        )
        others = ",".join(sorted(addresses.keys() - {folder.name}))
        settings = {
            **_SETTINGS,
            "port": str(PORT),
            "synchronous_standby_names": f"ANY 1 ({others})",
            "primary_conninfo": self._upstream,
        }
        super().__init__(
            f"postgres-{folder.name}",
            [
                str(self._programs.folder / "postgres"),
                "-D",
                str(self._cluster),
                *options_of(settings),
            ],
            run_folder=run_folder,
            cwd=home,
            stop_signal=signal.SIGINT,
            output=folder / "postgres.log",
        )

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}:{self._password}@{self.host}:{PORT}/{NAME}"

    def prepare(self) -> None:
        home = self._programs.home
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._programs.user is not None:
            shutil.chown(home, self._programs.user)

    def begin_as_primary(self) -> None:
        """Makes the data that the others are copied from."""
        self.prepare()
        self._programs.make_cluster(self._cluster, self._password)
        hba = f"host all,replication all {self._subnet} scram-sha-256\n"
        (self._cluster / "pg_hba.conf").write_text(hba)

    def copy(self, source: str) -> None:
        """Replaces what was there by a copy of the server on host `source`, to be a standby."""
        self.prepare()
        shutil.rmtree(self._cluster, ignore_errors=True)
        login = f"host={source} port={PORT} user={NAME} password={self._password}"
        self._programs.run(
            *("pg_basebackup", "-D", str(self._cluster), "-d", login),
            *("--wal-method=stream", "--checkpoint=fast"),
        )
        (self._cluster / "standby.signal").touch()

    def start(self) -> None:
        with data_lock(self._programs.home) as lock:
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)
            self.launch_until(lambda pid: says_ready(self._cluster, pid), lock)
