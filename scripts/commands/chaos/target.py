"""What a run needs to know of the system that it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from scripts.client import Rex
from scripts.commands.chaos.injector import FaultInjector
from scripts.commands.chaos.progress import Say
from scripts.system.readiness import fault
from scripts.system.waiting import wait_until

#: A web process that was asked to stop may take 10 s, and its supervisor as long to start it again.
READY_SECONDS = 60.0


class Target(Protocol):
    """A system that runs; servers of it that have moved are found anew at each question."""

    api_key: str | None
    #: The address of this process, as the system reaches it.
    outside: str

    def webs(self) -> Sequence[tuple[str, int]]:
        """Hosts and ports of the webs, those first that clients should go to."""

    @property
    def database_url(self) -> str:
        """The PostgreSQL that takes writes."""

    @property
    def redis_url(self) -> str:
        """The Redis that takes writes."""

    def injector(self, seed: int, say: Say) -> FaultInjector:
        """What breaks it."""


def base_url(target: Target) -> str:
    """Where its API is now."""
    host, port = target.webs()[0]
    return f"http://{host}:{port}"


def api_of(target: Target) -> Rex:
    """Its API, once web accepts captures. Raises TimeoutError."""
    if not wait_until(lambda: fault(base_url(target)) is None, READY_SECONDS, 0.1):
        raise TimeoutError(f"not ready after {READY_SECONDS:.0f} s: {fault(base_url(target))}")
    return Rex(base_url(target), target.api_key)
