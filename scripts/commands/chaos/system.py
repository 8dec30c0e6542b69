"""The system that is broken: the whole product on free ports, with short retries.

Its two servers are not supervised, unlike those of `./scripts/dev`: the fault that breaks one
brings it back. Its own processes are, as they would be in production.
"""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from pathlib import Path

from scripts.client import Rex
from scripts.system.output import Console
from scripts.system.readiness import fault
from scripts.system.whole import WholeSystem, temporary_system

#: A web process that was asked to stop may take 10 s, and its supervisor as long to start it again.
READY_SECONDS = 60.0
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


def chaos_system(log: Log) -> WholeSystem:
    """The system, for a with block."""
    return temporary_system(SETTINGS, log, supervises_servers=False)


def wait_until_ready(system: WholeSystem) -> None:
    """Returns when the web processes accept requests. Raises TimeoutError."""
    deadline = time.monotonic() + READY_SECONDS
    while problem := fault(system.base_url):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not ready after {READY_SECONDS:.0f} s: {problem}")
        time.sleep(0.1)  # the condition lives in other processes


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
