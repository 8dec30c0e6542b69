"""A primary, its replicas and three Sentinels on loopback, to be killed and promoted."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from scripts.system.ports import LOOPBACK, free_port
from scripts.system.valkey import SETTINGS, find_server
from tests.waiting import eventually

SERVICE = "rex"
PASSWORD = "pw"
#: How long a Sentinel waits before it calls a server that does not answer down.
DOWN_AFTER_MS = 1000


class SentinelServers:
    """`replicas` + 1 servers, of which one is the primary, and three Sentinels with a quorum of 2.

    `settings`: of the servers, besides those of the embedded one.
    """

    def __init__(
        self, folder: Path, program: Path, replicas: int, settings: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._program = program
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self.servers = [free_port() for _ in range(replicas + 1)]
        self.sentinels = [free_port() for _ in range(3)]
        first = self.servers[0]
        for port in self.servers:
            follows = {} if port == first else {"replicaof": f"{LOOPBACK} {first}"}
            login = {"requirepass": PASSWORD, "masterauth": PASSWORD}
            settings = {"repl-diskless-sync-delay": "0", **settings}
            self._start(port, {**SETTINGS, **settings, **login, **follows})
        for port in self.servers[1:]:
            eventually(partial(_follows, port), 20)
        for port in self.sentinels:
            self._start(port, {}, self._sentinel_lines(port))
        for port in self.sentinels:
            eventually(partial(self._is_complete, port), 20)

    @property
    def url(self) -> str:
        hosts = ",".join(f"{LOOPBACK}:{port}" for port in self.sentinels)
        return f"redis+sentinel://:{PASSWORD}@{hosts}/{SERVICE}/0"

    @property
    def primary(self) -> int:
        """The port of the primary by the first Sentinel that runs."""
        port = next(port for port in self.sentinels if port in self._running)
        with _client(port) as client:
            _, primary = client.sentinel_get_master_addr_by_name(SERVICE)
        return int(primary)

    def is_primary(self, port: int) -> bool:
        """Whether a server says so itself."""
        try:
            with _client(port, PASSWORD) as client:
                return str(client.role()[0]) == "master"
        except redis.ConnectionError:
            return False

    def promote_another(self) -> None:
        """Make the Sentinels promote another server, while the primary is well."""
        with _client(self.sentinels[0]) as client:
            client.execute_command("SENTINEL", "FAILOVER", SERVICE)

    def kill(self, port: int, sign: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a server or Sentinel."""
        process = self._running[port]
        process.send_signal(sign)
        if sign is signal.SIGKILL:
            process.wait()
            del self._running[port]

    def stop(self) -> None:
        """End all."""
        for port in list(self._running):
            self.kill(port)

    def _start(self, port: int, settings: Mapping[str, str], more: str = "") -> None:
        folder = self._folder / str(port)
        folder.mkdir()
        lines = "".join(f"{name} {value}\n" for name, value in settings.items())
        (folder / "conf").write_text(f"bind {LOOPBACK}\nport {port}\n{lines}{more}")
        command = [str(self._program), "conf", *(["--sentinel"] if more else [])]
        with (folder / "log").open("wb") as log:
            self._running[port] = subprocess.Popen(command, cwd=folder, stdout=log)
        eventually(lambda: _answers(port), 10)

    def _sentinel_lines(self, port: int) -> str:
        """Sentinels that know each other from the start; they would look around for 10 s."""
        primary, *replicas = self.servers
        others = [each for each in self.sentinels if each != port]
        lines = [
            f"myid {port:040}",
            f"monitor {SERVICE} {LOOPBACK} {primary} 2",
            f"auth-pass {SERVICE} {PASSWORD}",
            f"down-after-milliseconds {SERVICE} {DOWN_AFTER_MS}",
            f"failover-timeout {SERVICE} 5000",
            *(f"known-replica {SERVICE} {LOOPBACK} {each}" for each in replicas),
            *(f"known-sentinel {SERVICE} {LOOPBACK} {each} {each:040}" for each in others),
        ]
        return "".join(f"sentinel {line}\n" for line in lines)

    def _is_complete(self, port: int) -> bool:
        with _client(port) as client:
            state = client.sentinel_master(SERVICE)
        return (state["num-slaves"], state["num-other-sentinels"]) == (len(self.servers) - 1, 2)


@contextmanager
def sentinel_servers(
    folder: Path,
    *,
    program: Path | None = None,
    replicas: int = 1,
    settings: Mapping[str, str] | None = None,
) -> Iterator[SentinelServers]:
    """Running servers; killed at the end."""
    servers = SentinelServers(folder, program or find_server(), replicas, settings or {})
    try:
        yield servers
    finally:
        servers.stop()


def _client(port: int, password: str | None = None) -> redis.Redis:
    none = Retry(NoBackoff(), 0)
    options: Any = {"protocol": 2, "decode_responses": True, "retry": none}
    return redis.Redis(host=LOOPBACK, port=port, password=password, **options)


def _follows(port: int) -> bool:
    with _client(port, PASSWORD) as client:
        return str(client.info("replication")["master_link_status"]) == "up"


def _answers(port: int) -> bool:
    try:
        with _client(port) as client:
            return bool(client.execute_command("PING"))
    except redis.AuthenticationError:
        return True
    except redis.ConnectionError:
        return False
