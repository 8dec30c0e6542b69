"""Where a stage is measured: its own servers, and the processes it asks for.

Everything is a child with a pid file in the run folder of the embedded servers, so it is stopped on
the way out, whatever that way is.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec
import psycopg2
import redis
import urllib3

from scripts.checkout import CHECKOUT
from scripts.commands.bench.lead import DOMAIN
from scripts.commands.bench.load import Report, Spec
from scripts.system.application import python_child
from scripts.system.child import Child
from scripts.system.ports import free_port
from scripts.system.profile import PROCESSES
from scripts.system.readiness import fault
from scripts.system.whole import temporary_system

#: How long anything may take to start, and a stopping worker to finish what it does.
START_SECONDS = 30.0
STOP_SECONDS = 25.0
_LOOK_SECONDS = 0.02


class BenchFailed(Exception):
    """A measurement could not be made; the text says why."""


class Testbed(ExitStack):
    """Servers with the product's schema and default org; processes are started one by one."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._settings = {"BASE_DOMAIN": DOMAIN, **(settings or {})}
        self._http = urllib3.PoolManager(retries=False, timeout=10)
        self._connections: dict[str, Any] = {}
        self.children: dict[str, Child] = {}

    def __enter__(self) -> Self:
        system = temporary_system(self._settings, supervises_servers=False, roles=())
        self.system = self.enter_context(system)
        self.embedded = system.embedded
        self.redis = self.enter_context(closing(redis.Redis.from_url(self.redis_url)))
        self.callback(self._stop_all)
        self.callback(self._hang_up)
        return self

    @property
    def port(self) -> int:
        """Of the web process."""
        return self.system.settings.port

    @property
    def secret_key(self) -> str:
        """By which the product encrypts the secrets of webhooks."""
        return self.system.environ["SECRET_KEY"]

    @property
    def database_url(self) -> str:
        """Of the product's database."""
        return self.embedded.database_url

    @property
    def redis_url(self) -> str:
        """Of the queue."""
        return self.embedded.redis_url

    def start(
        self,
        role: str,
        settings: Mapping[str, str] | None = None,
        processes: Mapping[str, tuple[str, ...]] = PROCESSES,
    ) -> Child:
        """Start a process of the product; web is ready on return, the others soon after."""
        child = self._start(role, processes[role], settings or {})
        if role == "web":
            base_url = self.system.base_url
            self.wait_until(lambda: fault(base_url) is None, "web did not get ready")
        return child

    def start_sink(self, *arguments: str) -> int:
        """Start a receiver that answers at once; its port. `timed`: it notes delays."""
        return self._start_script("sink", *arguments)

    def start_bare_web(self) -> int:
        """Start the bare routes; their port."""
        return self._start_script("bare_web")

    def stop(self, name: str) -> None:
        """Stop one process."""
        self.children.pop(name).stop(STOP_SECONDS)

    def load(self, **spec: Any) -> Report:
        """Run a load in its own process, against web unless given another port."""
        return run_load(Spec(**{"port": self.port, **spec}))

    def script(self, module: str, *arguments: str) -> Any:
        """Run a script of the bench to its end; what it prints, from JSON."""
        return msgspec.json.decode(_output_of(module, *arguments, environ=self.system.environ))

    def get(self, port: int, path: str) -> Any:
        """What a receiver tells."""
        return self._http.request("GET", f"http://127.0.0.1:{port}{path}").json()

    def count(self, port: int) -> int:
        """Deliveries that a receiver has got so far."""
        return int(self.get(port, "/count"))

    def pids(self) -> dict[str, int]:
        """The running processes, servers among them, by name."""
        running = [*self.embedded.servers, *self.children.values()]
        return {child.name: child.pid for child in running if child.pid is not None}

    def query(self, sql: str, *, database: str | None = None) -> Any:
        """The first column of the first row of a query; None without one."""
        with self._connected(self.url_of(database)).cursor() as cursor:
            cursor.execute(sql)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def cursor(self) -> Any:
        """A cursor in the product's database, which commits by itself."""
        return self._connected(self.database_url).cursor()

    def copy_database(self, name: str) -> str:
        """Copy the product's database, which must not be in use; the copy's URL."""
        self._hang_up()
        source = urlsplit(self.database_url).path.lstrip("/")
        self.query(f"CREATE DATABASE {name} TEMPLATE {source}", database="postgres")
        return self.url_of(name)

    def url_of(self, database: str | None) -> str:
        """The URL of a database of this server; by default the product's."""
        url = urlsplit(self.database_url)
        return url._replace(path=f"/{database}").geturl() if database else url.geturl()

    def wait_until(
        self, holds: Callable[[], bool], otherwise: str, seconds: float = START_SECONDS
    ) -> None:
        """Look until it holds. Raises `BenchFailed`, also when a process has died meanwhile."""
        deadline = time.monotonic() + seconds
        while not holds():
            dead = [name for name, child in self.children.items() if child.pid is None]
            if dead or time.monotonic() > deadline:
                raise BenchFailed("\n".join([otherwise, *map(self._last_words, dead)]))
            time.sleep(_LOOK_SECONDS)

    def _connected(self, url: str) -> Any:
        """A kept connection: opening one costs the server as much as many queries."""
        if url not in self._connections:
            self._connections[url] = psycopg2.connect(url)
            self._connections[url].autocommit = True
        return self._connections[url]

    def _hang_up(self) -> None:
        while self._connections:
            self._connections.popitem()[1].close()

    def _start_script(self, module: str, *arguments: str) -> int:
        port = free_port()
        self._start(module, (f"scripts.commands.bench.{module}", str(port), *arguments), {})
        self.wait_until(lambda: answers(port), f"{module} did not start")
        return port

    def _start(self, name: str, arguments: tuple[str, ...], settings: Mapping[str, str]) -> Child:
        environ = {**self.system.environ, **settings}
        run_folder = self.embedded.run_folder
        child = python_child(name, arguments, environ, run_folder, self._log(name))
        child.start()
        self.children[name] = child
        return child

    def _log(self, name: str) -> Path:
        return self.embedded.data_folder / "log" / f"{name}.log"

    def _last_words(self, name: str) -> str:
        lines = self._log(name).read_text(errors="replace").splitlines()[-5:]
        return f"{name} has ended: " + "\n".join(lines)

    def _stop_all(self) -> None:
        for name in reversed([*self.children]):
            self.stop(name)


def run_load(spec: Spec) -> Report:
    """Run a load in its own process."""
    report = _output_of("load", msgspec.json.encode(spec).decode())
    return msgspec.json.decode(report, type=Report)


def answers(port: int) -> bool:
    """Whether an HTTP server answers there, whatever it says."""
    try:
        urllib3.request("GET", f"http://127.0.0.1:{port}/count", retries=False, timeout=1)
    except urllib3.exceptions.HTTPError:
        return False
    return True


def _output_of(module: str, *arguments: str, environ: Mapping[str, str] | None = None) -> bytes:
    command = [sys.executable, "-m", f"scripts.commands.bench.{module}", *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, env=environ, stdout=subprocess.PIPE, check=True)
    return done.stdout
