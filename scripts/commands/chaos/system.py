"""The system that is broken: the whole product on free ports, with short retries.

Its two servers are not supervised, unlike those of `./scripts/dev`: the fault that breaks one
brings it back. Its own processes are, as they would be in production.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.client import Rex
from scripts.commands.chaos.faults import SystemFaults
from scripts.commands.chaos.injector import FaultInjector
from scripts.commands.chaos.progress import Say
from scripts.system.output import Console
from scripts.system.ports import LOOPBACK
from scripts.system.whole import WholeSystem, temporary_system

#: Processes of each kind.
PROCESSES = 2

#: Short retries and attempts, so that a run sees many; and no limit on attempts, so that a delivery
#: fails for good only when it is lost.
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
    # Deliveries of one process that are in flight at once.
}


class Log(Console):
    """Takes the lines of all processes: counts them, and keeps them in a file when there is one."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(path.open("w") if path else io.StringIO())
        self._is_kept = path is not None
        self.times: list[float] = []

    def say(self, text: str) -> None:
        """Takes one line."""
        self.times.append(time.monotonic())
        if self._is_kept:
            super().say(f"{time.monotonic():.3f} {text}")

    def most_in(self, seconds: float) -> int:
        """The most lines that came within any such period."""
        most, first = 0, 0
        for last, at in enumerate(self.times):
            while self.times[first] < at - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most


class OneMachine:
    """All of it on this machine."""

    outside = LOOPBACK

    def __init__(self, system: WholeSystem) -> None:
        self._system = system
        self.api_key = system.api_key
        self.database_url = system.settings.database_url
        self.redis_url = system.settings.redis_url

    def webs(self) -> Sequence[tuple[str, int]]:
        """The only one."""
        return [(LOOPBACK, self._system.settings.port)]

    def injector(self, seed: int, say: Say) -> FaultInjector:
        """Faults overlap."""
        return FaultInjector(SystemFaults(self._system, seed).verbs, say)


@contextmanager
def one_machine(log: Log) -> Iterator[OneMachine]:
    """The system, for a with block."""
    with temporary_system(SETTINGS, log, supervises_servers=False) as system:
        yield OneMachine(system)


def subscribe(rex: Rex, urls: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Makes a webhook for each receiver; id and secret by the receiver's name."""
    made = {}
    for name, url in urls.items():
        wanted = {"name": name, "url": url}
        status, answer = rex.request("POST", "/webhooks", wanted)
        if status != 201:
            raise RuntimeError(f"POST /webhooks was answered with {status}: {answer}")
        made[name] = {"id": answer["data"]["id"], "secret": answer["secret"]}
    return made
