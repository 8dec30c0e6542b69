"""A host's Redis and its Sentinel."""

from __future__ import annotations

import shutil
from pathlib import Path

from scripts.system.server import Server, data_lock
from scripts.system.valkey import SETTINGS, find_server, serves

PORT, SENTINEL_PORT = 6379, 26379
#: What the Sentinels call the primary and its replicas, and how many of them must agree.
SERVICE, QUORUM = "rex", 2

_SETTINGS = {
    **SETTINGS,
    "bind": "0.0.0.0",
    "port": str(PORT),
    # A link that swallows everything is noticed within this time, and what was missed meanwhile
    # is made up for from the backlog.
    "repl-ping-replica-period": "1",
    "repl-timeout": "5",
    "repl-backlog-size": "64mb",
    "repl-diskless-sync-delay": "0",
}
#: How long a primary must be silent. Two Sentinels that are left may both want to lead, and none
#: gets two votes: they try again after twice the time that a failover may take.
_SENTINEL = {"down-after-milliseconds": "2000", "failover-timeout": "3000", "parallel-syncs": "2"}


class HostRedis(Server):
    """Redis on one host, a replica of `primary` from its first start unless that is itself.

    Sentinel changes its configuration file, so later starts are what Sentinel last made of it.
    """

    def __init__(self, folder: Path, run_folder: Path, host: str, password: str) -> None:
        self._folder = folder / "redis"
        self._host = host
        self._password = password
        super().__init__(
            f"redis-{folder.name}",
            [str(find_server()), "redis.conf"],
            run_folder=run_folder,
            cwd=self._folder,
            output=folder / "redis.log",
        )

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{self._host}:{PORT}/0"

    def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    def begin_as(self, primary: str) -> None:
        """Deletes whatever was there: the next start is the first one."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self.prepare()
        own = {"requirepass": self._password, "masterauth": self._password}
        follows = {} if primary == self._host else {"replicaof": f"{primary} {PORT}"}
        settings = {**_SETTINGS, **own, **follows}
        _write(self._folder / "redis.conf", settings)

    def start(self) -> None:
        with data_lock(self._folder) as lock:
            self.launch_until(lambda _: serves(self._host, PORT, self._password), lock)


class HostSentinel(Server):
    """A Sentinel on one host; it keeps what it knows in its configuration file."""

    def __init__(self, folder: Path, run_folder: Path, host: str, password: str) -> None:
        self._folder = folder / "sentinel"
        self._host = host
        self._password = password
        super().__init__(
            f"sentinel-{folder.name}",
            [str(find_server()), "sentinel.conf", "--sentinel"],
            run_folder=run_folder,
            cwd=self._folder,
            output=folder / "sentinel.log",
        )

    @property
    def url(self) -> str:
        return f"redis://{self._host}:{SENTINEL_PORT}/0"

    def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    def begin_with(self, primary: str) -> None:
        """Deletes what it knew: at its next start it is told who the primary is."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self.prepare()
        monitored = {f"sentinel monitor {SERVICE}": f"{primary} {PORT} {QUORUM}"}
        login = {f"sentinel auth-pass {SERVICE}": self._password}
        times = {f"sentinel {name} {SERVICE}": value for name, value in _SENTINEL.items()}
        network = {"bind": "0.0.0.0", "port": str(SENTINEL_PORT), "protected-mode": "no"}
        _write(self._folder / "sentinel.conf", {**network, **monitored, **login, **times})

    def start(self) -> None:
        with data_lock(self._folder) as lock:
            self.launch_until(lambda _: serves(self._host, SENTINEL_PORT, ""), lock)


def _write(path: Path, settings: dict[str, str]) -> None:
    path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
