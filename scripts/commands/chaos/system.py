"""The system that is broken: the whole product on free ports, with small limits.

Its two servers are not supervised, unlike those of `./scripts/dev`: whoever breaks one decides when
it comes back. Its own processes are, as they would be in production.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from io import TextIOBase
from pathlib import Path
from types import TracebackType
from typing import Self

from scripts.client import Rex
from scripts.system.embedded import Embedded
from scripts.system.output import Console
from scripts.system.ports import free_port
from scripts.system.readiness import fault
from scripts.system.whole import WholeSystem

#: A web process that was asked to stop may take 10 s, and its supervisor as long to start it again.
READY_SECONDS = 60.0
#: Deliveries of one process that are under way at once.
DELIVERY_THREADS = 24
#: Processes of each kind.
PROCESSES = 2

#: Short retries and attempts, so that a run sees many; limits that no client reaches; and no limit
#: on attempts, so that a delivery fails for good only when it is lost.
SETTINGS = {
    "RETRY_BASE_SECONDS": "0.3",
    "RETRY_CAP_SECONDS": "2",
    "RETRY_MAX_ATTEMPTS": "1000",
    "DELIVERY_CONNECT_SECONDS": "1",
    "DELIVERY_TOTAL_SECONDS": "2",
    "SCHEDULER_INTERVAL_SECONDS": "0.25",
    "WEBHOOK_CONCURRENCY_MAX": "8",
    "WEB_CONCURRENCY": str(PROCESSES),
    "WORKER_PROCESSES": str(PROCESSES),
    "WORKER_THREADS": str(DELIVERY_THREADS),
    "CAPTURE_RATE_PER_ADDRESS": "0",
    "CAPTURE_RATE_PER_EMAIL": "0",
    "API_RATE_PER_KEY": "0",
    "ALLOW_PRIVATE_WEBHOOKS": "1",
    # What is logged per unit of work is noise here.
    "LOG_LEVEL": "warning",
}


class Log(TextIOBase):
    """Takes the lines of all processes: counts them, and keeps them in a file when there is one."""

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("w") if path else None
        self._lock = threading.Lock()
        self.times: list[float] = []

    def write(self, text: str) -> int:
        """Takes one line."""
        with self._lock:
            self.times.append(time.monotonic())
            if self._file:
                self._file.write(f"{time.monotonic():.3f} {text}")
                self._file.flush()
        return len(text)

    def most_in(self, seconds: float) -> int:
        """The most lines that came within so many seconds."""
        most, first = 0, 0
        for last, at in enumerate(self.times):
            while self.times[first] < at - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most


class ChaosSystem:
    """The system, running from `with` to its end."""

    embedded: Embedded
    whole: WholeSystem
    rex: Rex

    def __init__(self, log: Log, settings: Mapping[str, str] | None = None) -> None:
        self._log = log
        self._settings = {**SETTINGS, **(settings or {})}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self.embedded = opening.enter_context(Embedded())
            self.whole = WholeSystem(self._environ(), None, Console(self._log))  # type: ignore[arg-type]
            opening.callback(self.whole.stop, 0.0)  # all is judged by then
            self.whole.start()
            self._open = opening.pop_all()
        self.rex = Rex(self.whole.base_url, self.whole.api_key)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def database_url(self) -> str:
        return self.embedded.database_url

    @property
    def redis_url(self) -> str:
        return self.embedded.redis_url

    def wait_until_ready(self) -> None:
        """Returns when the web processes accept requests. Raises TimeoutError."""
        deadline = time.monotonic() + READY_SECONDS
        while problem := fault(self.whole.base_url):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not ready after {READY_SECONDS:.0f} s: {problem}")
            time.sleep(0.1)  # the condition lives in other processes

    def subscribe(self, ports: Mapping[str, int]) -> dict[str, dict[str, str]]:
        """Makes a webhook for each receiver; id and secret by the receiver's name."""
        made = {}
        for name, port in ports.items():
            wanted = {"name": name, "url": f"http://127.0.0.1:{port}/{name}"}
            status, answer = self.rex.request("POST", "/webhooks", wanted)
            if status != 201:
                raise RuntimeError(f"POST /webhooks was answered with {status}: {answer}")
            made[name] = {"id": answer["data"]["id"], "secret": answer["secret"]}
        return made

    def _environ(self) -> dict[str, str]:
        own = {
            "DATABASE_URL": self.embedded.database_url,
            "REDIS_URL": self.embedded.redis_url,
            "PORT": str(free_port()),
        }
        return {**os.environ, **self._settings, **own}
