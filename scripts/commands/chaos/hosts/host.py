"""One host: an address, a web, workers, a Redis, a Sentinel, a PostgreSQL, and a clock."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from scripts.commands.chaos.hosts.network import Network
from scripts.commands.chaos.hosts.postgres_server import HostPostgres
from scripts.commands.chaos.hosts.redis_server import HostRedis, HostSentinel
from scripts.system.application import processes
from scripts.system.child import Child, LineSink
from scripts.system.profile import PROCESSES
from scripts.system.server import Server
from scripts.system.supervisor import Supervisor

WEB_PORT = 8000
_LIBRARIES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/local/lib/faketime/libfaketime.so.1")
_FOR_PYTHON = Path(__file__).parent / "misset"


class Host:
    """The processes of one host. Those of the product are started again when they end."""

    def __init__(
        self,
        name: str,
        folder: Path,
        network: Network,
        password: str,
        output_of: Callable[[str], LineSink],
    ) -> None:
        self.name = name
        self.address = network.addresses[name]
        self._run_folder = folder / "run"
        self._enter = network.enter(name)
        self._output_of = output_of
        self._supervisor: Supervisor | None = None
        #: By how much its clock is ahead, from the next start of a process on.
        self.clock_seconds = 0
        common = folder / name, self._run_folder
        self.redis = HostRedis(*common, self.address, password)
        self.sentinel = HostSentinel(*common, self.address, password)
        self.postgres = HostPostgres(*common, network.addresses, password)
        servers = (self.redis, self.sentinel, self.postgres)
        self._commands = {server.name: server.argv for server in servers}
        (folder / name).mkdir()
        (folder / name).chmod(0o711)

    @property
    def web_url(self) -> str:
        """Its web."""
        return f"http://{self.address}:{WEB_PORT}"

    def start(self, server: Server) -> None:
        """Starts one of its servers with the host's clock. Raises `ServerFailed`."""
        own = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        server.environ = own
        server.argv = self._inside(server, self._commands[server.name])
        server.start()

    def start_product(self, environ: Mapping[str, str]) -> None:
        """Starts web and workers."""
        own = {"HOST": self.address, "PORT": str(WEB_PORT)}
        children = processes(
            PROCESSES,
            {**environ, **own},
            self._run_folder,
            lambda role: self._output_of(f"{self.name} {role}"),
        )
        for child in children:
            child.argv = self._inside(child, child.argv)
            child.name = f"{child.name}-{self.name}"
        self._supervisor = Supervisor(children, self._output_of(self.name))
        self._supervisor.start()

    def kill(self) -> None:
        """`kill -9` for all that runs here."""
        product = self._supervisor.children.values() if self._supervisor else ()
        for child in (*product, self.redis, self.sentinel, self.postgres):
            kill(child)
        if self._supervisor:
            self._supervisor.stop(0)
            self._supervisor = None

    def _inside(self, child: Child, command: Sequence[str]) -> list[str]:
        """The command as it runs on this host, with its clock."""
        runs_as = self.postgres.runs_as if child is self.postgres else None
        clock = [f"{name}={value}" for name, value in clock_off_by(self.clock_seconds).items()]
        return [
            *self._enter,
            *_setting_user(runs_as),
            *("env", f"--chdir={child.cwd}", *clock),
            *command,
        ]


def _setting_user(user: str | None) -> list[str]:
    """For nsenter, which only root may start: whom to become afterwards."""
    if user is None:
        return []
    entry = pwd.getpwnam(user)
    return ["-S", str(entry.pw_uid), "-G", str(entry.pw_gid)]


def kill(child: Child) -> None:
    """`kill -9`, if it runs."""
    if child.pid:
        child.kill()


def library() -> str | None:
    """The path of libfaketime."""
    found = [each for pattern in _LIBRARIES for each in Path("/").glob(pattern[1:])]
    return str(found[0]) if found else None


def clock_off_by(seconds: int) -> Mapping[str, str]:
    """Environment of a process whose clock is ahead by so many seconds; monotonic ones are right.

    Empty for 0, and where there is no libfaketime.
    """
    preloaded = library()
    if not seconds or preloaded is None:
        return {}
    own = os.environ.get("PYTHONPATH", "")
    return {
        "LD_PRELOAD": preloaded,
        "FAKETIME": f"{seconds:+d}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": f"{_FOR_PYTHON}:{own}" if own else str(_FOR_PYTHON),
    }
