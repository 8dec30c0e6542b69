"""The product running on this machine: servers, release, web, workers and scheduler.

The one way in which dev, bench, chaos and the tests start a system.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Self

from config.settings import BadSetting, Settings, read_settings
from scripts.system.application import Release, processes, release
from scripts.system.embedded import Embedded
from scripts.system.output import Console
from scripts.system.ports import free_port, is_free
from scripts.system.private_file import kept_secret_key, write_private
from scripts.system.profile import CONSOLE, LOCAL, Profile
from scripts.system.readiness import fault
from scripts.system.running import Running, announce, withdraw
from scripts.system.supervisor import Supervisor

#: How long web and workers may take to finish what they have under way.
GRACE_SECONDS = 5.0
#: What a temporary system has besides the defaults: no limit that a test or a load runs into, and
#: no line for each unit of work.
UNLIMITED = {
    "CAPTURE_RATE_PER_ADDRESS": "0",
    "CAPTURE_RATE_PER_EMAIL": "0",
    "API_RATE_PER_KEY": "0",
    "LOG_LEVEL": "warning",
    # Several systems run side by side, and the ports are fixed.
    "METRICS_PORT": "0",
}
#: Settings of the caller that would point a temporary system at the caller's data.
_NOT_INHERITED = ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "SECRET_KEY")
#: If it is not ready after this long, a line says what is missing.
_PATIENCE_SECONDS = 15.0


class PortTaken(Exception):
    """Another process listens on the port of the web process."""


class WholeSystem:
    """The product as `rex dev` and `rex all` run it, between `start` and `stop`.

    Settings come from `environ`, whose DATABASE_URL and REDIS_URL, where present, are used instead
    of embedded servers. `profile` completes them and says which processes there are. Without a data
    folder everything is temporary. After `start`: `settings`, `environ` (what the processes
    see), `embedded`, `org`, `api_key`, `base_url`, and the supervisor `processes`, whose `children`
    may be killed or frozen by name: it starts a dead one again. The embedded servers are supervised
    too, unless `supervises_servers` is False. Of the product's processes only `roles` are
    started, if they are given.
    """

    settings: Settings
    processes: Supervisor
    org: str
    api_key: str | None

    def __init__(
        self,
        environ: Mapping[str, str],
        data_folder: Path | None,
        console: Console,
        *,
        supervises_servers: bool = True,
        roles: Collection[str] | None = None,
        profile: Profile = LOCAL,
    ) -> None:
        self.environ = dict(environ)
        self.embedded = Embedded(
            data_folder,
            postgres=not environ.get("DATABASE_URL"),
            valkey=not environ.get("REDIS_URL"),
            postgres_settings=profile.postgres,
            valkey_settings=profile.valkey,
        )
        self._console = console
        self._supervises_servers = supervises_servers
        self._profile = profile
        self._roles = {
            name: module
            for name, module in profile.processes.items()
            if roles is None or name in roles
        }
        self._supervisors: list[Supervisor] = []

    @property
    def base_url(self) -> str:
        host = "127.0.0.1" if self.settings.host in ("", "0.0.0.0", "::") else self.settings.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.settings.port}"

    @property
    def key_file(self) -> Path:
        """One file for each database, so that no key is shown that this one does not know."""
        name = "api_key"
        if not self.embedded.has_postgres:
            name += "." + hashlib.sha256(self.settings.database_url.encode()).hexdigest()[:12]
        return self.embedded.data_folder / name

    def start(self) -> None:
        """Returns when captures are accepted, or a process gave up (see `Supervisor.finished`).

        Raises AlreadyRunning, BadSetting, PortTaken, ServerFailed, NoUnprivilegedUser or
        ReleaseFailed; call `stop` then, too.
        """
        if leftovers := self.embedded.claim():
            self._console.say(f"Stopped what an earlier run had left: {', '.join(leftovers)}")
        self.embedded.prepare()
        self._complete_environ()
        self.settings = read_settings(self.environ)
        if self.settings.console and self.settings.console_port and "web" in self._roles:
            self._roles["console"] = CONSOLE
        self._check_ports()
        self.embedded.start()
        if self._supervises_servers:
            self._supervise(Supervisor(self.embedded.servers, self._console.say))
        self._keep_release(release(self.environ))
        children = processes(
            self._roles, self.environ, self.embedded.run_folder, self._console.prefixed
        )
        self.processes = self._supervise(Supervisor(children, self._console.say))
        if "web" in self._roles:
            self._wait_until_ready()
        if not self.processes.finished.is_set():
            announce(
                self.embedded.data_folder,
                Running(self.base_url, self.org, self.api_key, self.environ),
            )

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Stops everything: writers first, then what they write to. Harmless when repeated.

        Processes that outlive the grace are killed.
        """
        if self._supervisors:
            withdraw(self.embedded.data_folder)
        for supervisor in reversed(self._supervisors):
            supervisor.stop(grace_seconds)
        self.embedded.stop()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop(0)
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop(0)

    def _complete_environ(self) -> None:
        own = dict(self._profile.settings)
        if not self.environ.get("SECRET_KEY"):
            own["SECRET_KEY"] = kept_secret_key(self.embedded.data_folder / "secret_key")
        if not self.environ.get("DATABASE_URL"):
            own["DATABASE_URL"] = self.embedded.database_url
        if not self.environ.get("REDIS_URL"):
            own["REDIS_URL"] = self.embedded.redis_url
        for name, value in own.items():
            self.environ[name] = self.environ.get(name) or value

    def _check_ports(self) -> None:
        self._check_port("PORT", self.settings.port)
        if "console" in self._roles:
            self._check_port("CONSOLE_PORT", self.settings.console_port)

    def _check_port(self, setting: str, port: int) -> None:
        host = self.settings.host
        try:
            if not is_free(port, host):
                raise PortTaken(f"port {port} is taken; stop what listens there or set {setting}")
        except PermissionError:
            problem = f"{port} may not be used here; choose one over 1023"
            raise BadSetting(setting, problem) from None
        except OSError:
            raise BadSetting("HOST", f"{host!r} is not an address of this machine") from None

    def _supervise(self, supervisor: Supervisor) -> Supervisor:
        self._supervisors.append(supervisor)
        supervisor.start()
        return supervisor

    def _keep_release(self, released: Release) -> None:
        """The release step shows a key only when it makes it, so it is kept for later starts."""
        self.org = released.org
        kept = self.key_file
        if released.api_key:
            write_private(kept, released.api_key + "\n")
        self.api_key = kept.read_text().strip() if kept.exists() else None

    def _wait_until_ready(self) -> None:
        told_at = time.monotonic()
        while (problem := fault(self.base_url)) and not self.processes.finished.wait(0.1):
            if time.monotonic() - told_at > _PATIENCE_SECONDS:
                self._console.say(f"Not ready yet: {problem}")
                told_at = time.monotonic()


def temporary_system(
    settings: Mapping[str, str], console: Console | None = None, **options: Any
) -> WholeSystem:
    """A system for a with block: a free port, `UNLIMITED` and `settings`, its data removed after.

    It is killed in the end: how a system stops is another matter, and takes seconds.
    """
    inherited = {name: text for name, text in os.environ.items() if name not in _NOT_INHERITED}
    environ = {**inherited, **UNLIMITED, **settings, "PORT": str(free_port())}
    return WholeSystem(environ, None, console or Console(io.StringIO()), **options)
