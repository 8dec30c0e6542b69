"""The system that is watched while it is broken. Nobody starts its processes again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import redis
import urllib3

from app.metrics.exposition import PORT_OF_ROLE
from config.settings import Settings
from scripts.client import Rex
from scripts.system.application import python_child
from scripts.system.child import Child
from scripts.system.profile import PROCESSES
from scripts.system.readiness import fault as unready
from scripts.system.whole import WholeSystem

LEADS_A_SECOND = 5.0


@dataclass
class Observed:
    """The system, its processes by role, and the settings that the doctor is given."""

    system: WholeSystem
    children: dict[str, Child]
    settings: Settings

    @property
    def rex(self) -> Rex:
        """Its API."""
        return Rex(self.system.base_url, self.system.api_key)

    @property
    def redis(self) -> redis.Redis:
        """Its Redis."""
        return redis.Redis.from_url(self.system.settings.redis_url)

    @property
    def ports(self) -> dict[str, int]:
        """Where metrics are served."""
        first = self.system.settings.metrics_port
        return {role: first + more for role, more in PORT_OF_ROLE.items()}

    def start(self, role: str, **environ: str) -> None:
        """Start a process; its lines are dropped."""
        child = python_child(
            role,
            PROCESSES[role],
            {**self.system.environ, **environ},
            self.system.embedded.run_folder,
            lambda line: None,
        )
        child.start()
        self.children[role] = child

    def stop(self) -> None:
        """Kill what runs."""
        for child in self.children.values():
            if child.pid:
                child.kill()


@contextmanager
def running(observed: Observed) -> Iterator[None]:
    """Its processes, within a with block."""
    try:
        for role in PROCESSES:
            observed.start(role)
        while unready(observed.system.base_url):
            time.sleep(0.1)
        yield
    finally:
        observed.stop()


@contextmanager
def leads(rex: Rex) -> Iterator[None]:
    """Somebody posts a few leads a second, whatever becomes of them."""
    ended = threading.Event()

    def post() -> None:
        number = 0
        while not ended.wait(1 / LEADS_A_SECOND):
            number += 1
            with suppress(urllib3.exceptions.HTTPError, ValueError):
                rex.capture(email=f"lead{number}@example.com")

    thread = threading.Thread(target=post, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
