"""Where a stage is measured: servers of its own, and whichever processes it asks for.

Everything is a child with a pid file in the run folder of the embedded servers, so it is stopped on
the way out, whatever that way is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec
import psycopg2
import redis
import urllib3

from config.settings import read_settings
from scripts.commands.bench.lead import DOMAIN
from scripts.commands.bench.load import Report, Spec
from scripts.system.application import CHECKOUT, PROCESSES, release
from scripts.system.child import Child
from scripts.system.embedded import Embedded
from scripts.system.ports import free_port
from scripts.system.private_file import kept_secret_key
from scripts.system.readiness import fault

#: The product's defaults, without what limits a single client.
SETTINGS = {
    "CAPTURE_RATE_PER_ADDRESS": "0",
    "CAPTURE_RATE_PER_EMAIL": "0",
    "API_RATE_PER_KEY": "0",
    "ALLOW_PRIVATE_WEBHOOKS": "1",
    "BASE_DOMAIN": DOMAIN,
    "LOG_LEVEL": "warning",
}
#: How long anything may take to start, and a stopping worker to finish what it does.
START_SECONDS = 30.0
STOP_SECONDS = 25.0
_LOOK_SECONDS = 0.02


class BenchFailed(Exception):
    """A measurement could not be made; the text says why."""


class Testbed:
    """Servers with the product's schema and default org; processes are started one by one."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self._settings = {**SETTINGS, **(settings or {})}
        self._open = ExitStack()
        self._http = urllib3.PoolManager(retries=False, timeout=10)
        self._connections: dict[str, Any] = {}
        self.children: dict[str, Child] = {}

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self.embedded = opening.enter_context(Embedded())
            opening.callback(self._stop_all)
            opening.callback(self._hang_up)
            self.environ = {
                **{k: v for k, v in os.environ.items() if not k.startswith(("DATA", "REDIS_"))},
                **self._settings,
                "DATABASE_URL": self.embedded.database_url,
                "REDIS_URL": self.embedded.redis_url,
                "SECRET_KEY": kept_secret_key(self.embedded.data_folder / "secret_key"),
                "PORT": str(free_port()),
            }
            released = release(self.environ)
            self.org, self.api_key = released.org, released.api_key
            self.redis = opening.enter_context(closing(redis.Redis.from_url(self.redis_url)))
            self._open = opening.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def port(self) -> int:
        """Of the web process."""
        return int(self.environ["PORT"])

    @property
    def base_url(self) -> str:
        """Of the web process."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """Of the product's database."""
        return self.environ["DATABASE_URL"]

    @property
    def redis_url(self) -> str:
        """Of the queue."""
        return self.environ["REDIS_URL"]

    @property
    def in_flight_limit(self) -> int:
        """Deliveries of one webhook that may be in flight."""
        return read_settings(self.environ).webhook_concurrency_max

    def start(self, role: str, settings: Mapping[str, str] | None = None) -> Child:
        """Start a process of the product; web is ready on return, the others soon after."""
        child = self._start(role, PROCESSES[role], settings or {})
        if role == "web":
            self.wait_until(lambda: fault(self.base_url) is None, "web did not get ready")
        return child

    def start_script(self, name: str, module: str, *arguments: str) -> Child:
        """Start a process of the bench itself."""
        return self._start(name, (f"scripts.commands.bench.{module}", *arguments), {})

    def start_sink(self, *, timed: bool = False, name: str = "sink") -> int:
        """Start a receiver that answers at once; its port."""
        port = free_port()
        self.start_script(name, "sink", str(port), *(["timed"] if timed else []))
        self.wait_until(lambda: answers(port), "the receiver did not start")
        return port

    def start_bare_web(self) -> int:
        """Start the bare routes; their port."""
        port = free_port()
        self.start_script("bare_web", "bare_web", str(port))
        self.wait_until(lambda: answers(port), "the bare routes did not start")
        return port

    def stop(self, name: str) -> None:
        """Stop one process."""
        self.children.pop(name).stop(STOP_SECONDS)

    def load(self, **spec: Any) -> Report:
        """Run a load in a process of its own, against web unless a port says otherwise."""
        return run_load(Spec(**{"port": self.port, **spec}))

    def script(self, module: str, *arguments: str) -> Any:
        """Run a script of the bench to its end; what it prints, from JSON."""
        command = [sys.executable, "-m", f"scripts.commands.bench.{module}", *arguments]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=self.environ, stdout=subprocess.PIPE, check=True
        )
        return msgspec.json.decode(done.stdout)

    def get(self, port: int, path: str) -> Any:
        """What a receiver tells."""
        return self._http.request("GET", f"http://127.0.0.1:{port}{path}").json()

    def pids(self) -> dict[str, int]:
        """The running processes, servers among them, by name."""
        running = [*self.embedded.servers, *self.children.values()]
        return {child.name: child.pid for child in running if child.pid is not None}

    def query(self, sql: str, *parameters: object, database: str | None = None) -> Any:
        """The first column of the first row of a query; None without one."""
        with self._connected(self.url_of(database)).cursor() as cursor:
            cursor.execute(sql, parameters or None)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def copy_database(self, name: str) -> str:
        """A further database as the product's is now, while nobody uses that; its URL."""
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

    def _start(self, name: str, arguments: tuple[str, ...], settings: Mapping[str, str]) -> Child:
        child = Child(
            name,
            [sys.executable, "-m", *arguments],
            run_folder=self.embedded.run_folder,
            environ={**self.environ, **settings},
            cwd=CHECKOUT,
            output=self._log(name),
        )
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
    """Run a load in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "scripts.commands.bench.load",
        msgspec.json.encode(spec).decode(),
    ]
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Report)


def answers(port: int) -> bool:
    """Whether an HTTP server answers there, whatever it says."""
    try:
        urllib3.request("GET", f"http://127.0.0.1:{port}/count", retries=False, timeout=1)
    except urllib3.exceptions.HTTPError:
        return False
    return True
