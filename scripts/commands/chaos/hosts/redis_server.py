"""A host's Redis and its Sentinel, and what they say."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import redis

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
_PATIENCE_SECONDS = 1.0


class _HostServer(Server):
    """A server on one host that rewrites its own configuration file, so later starts go by that."""

    #: What it is called, where it listens and what its command line says besides the file.
    kind: ClassVar[str]
    port: ClassVar[int]
    mode: ClassVar[tuple[str, ...]] = ()

    def __init__(self, folder: Path, run_folder: Path, host: str, password: str) -> None:
        self._folder = folder / self.kind
        self._host = host
        self._password = password
        super().__init__(
            f"{self.kind}-{folder.name}",
            [str(find_server()), f"{self.kind}.conf", *self.mode],
            run_folder=run_folder,
            cwd=self._folder,
            output=folder / f"{self.kind}.log",
        )

    def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        password = "" if self.mode else self._password
        with data_lock(self._folder) as lock:
            self.launch_until(lambda _: serves(self._host, self.port, password), lock)

    def _begin(self, settings: dict[str, str]) -> None:
        """Deletes whatever was there: the next start is the first one."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self.prepare()
        lines = (f"{name} {value}\n" for name, value in settings.items())
        (self._folder / f"{self.kind}.conf").write_text("".join(lines))


class HostRedis(_HostServer):
    """Redis on one host; what it follows is for Sentinel to say from its second start on."""

    kind, port = "redis", PORT

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{self._host}:{PORT}/0"

    def begin_as(self, primary: str) -> None:
        """At its next start it is empty, and a replica of `primary` unless that is itself."""
        own = {"requirepass": self._password, "masterauth": self._password}
        follows = {} if primary == self._host else {"replicaof": f"{primary} {PORT}"}
        self._begin({**_SETTINGS, **own, **follows})


class HostSentinel(_HostServer):
    """A Sentinel on one host."""

    kind, port, mode = "sentinel", SENTINEL_PORT, ("--sentinel",)

    @property
    def url(self) -> str:
        return f"redis://{self._host}:{SENTINEL_PORT}/0"

    def begin_with(self, primary: str) -> None:
        """At its next start it knows nothing except who the primary is."""
        monitored = {f"sentinel monitor {SERVICE}": f"{primary} {PORT} {QUORUM}"}
        login = {f"sentinel auth-pass {SERVICE}": self._password}
        times = {f"sentinel {name} {SERVICE}": value for name, value in _SENTINEL.items()}
        network = {"bind": "0.0.0.0", "port": str(SENTINEL_PORT), "protected-mode": "no"}
        self._begin({**network, **monitored, **login, **times})


def primary_of(sentinels: Iterable[HostSentinel]) -> str | None:
    """The address of the primary, if enough Sentinels agree."""
    named = Counter(address for each in sentinels if (address := _named_by(each)))
    address, times = (named.most_common(1) or [("", 0)])[0]
    return address if times >= QUORUM else None


def replicas_of(server: HostRedis) -> Sequence[str]:
    """The addresses of the replicas that have all that they were sent; none of a replica."""
    with closing(_client(server.url)) as client:
        try:
            told: Any = client.info("replication")
        except redis.RedisError:
            return []
    if told["role"] != "master":
        return []
    links = [each for name, each in told.items() if name.startswith("slave") and name[5:].isdigit()]
    return [link["ip"] for link in links if link["state"] == "online" and link["lag"] <= 1]


def _named_by(sentinel: HostSentinel) -> str | None:
    with closing(_client(sentinel.url)) as client:
        try:
            answer: Any = client.sentinel_get_master_addr_by_name(SERVICE)
        except redis.RedisError:
            return None
    return answer[0] if answer else None


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=_PATIENCE_SECONDS,
        socket_connect_timeout=_PATIENCE_SECONDS,
    )
