"""The system that is watched while it is broken. Nobody starts its processes again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from itertools import count
from typing import Self

import urllib3

from app.metrics.exposition import PORT_OF_ROLE
from config.settings import Settings
from scripts.client import Rex
from scripts.commands.bench.testbed import Testbed
from scripts.system.ports import free_ports
from scripts.system.profile import PROCESSES
from scripts.system.waiting import repeated

LEADS_A_SECOND = 5.0
SETTINGS = {"DELIVERY_TOTAL_SECONDS": "2", "RETRY_BASE_SECONDS": "0.3", "RETRY_CAP_SECONDS": "1"}


class Observed(Testbed):
    """All of the product, within a with block, and the settings that the doctor is given."""

    settings: Settings

    def __init__(self) -> None:
        super().__init__({**SETTINGS, "METRICS_PORT": str(free_ports(len(PORT_OF_ROLE)))})

    def __enter__(self) -> Self:
        super().__enter__()
        self.settings = self.system.settings
        for role in PROCESSES:
            self.start(role)
        return self

    @property
    def rex(self) -> Rex:
        """Its API."""
        return Rex(self.system.base_url, self.system.api_key)

    @property
    def ports(self) -> dict[str, int]:
        """Where metrics are served."""
        first = self.system.settings.metrics_port
        return {role: first + more for role, more in PORT_OF_ROLE.items()}


#: A fault: it begins and ends with a with block.
Begin = Callable[[Observed], AbstractContextManager[None]]


def leads(rex: Rex) -> AbstractContextManager[None]:
    """Somebody posts a few leads a second, whatever becomes of them."""
    numbers = count(1)

    def post() -> None:
        with suppress(urllib3.exceptions.HTTPError, ValueError):
            rex.capture(email=f"lead{next(numbers)}@example.com")

    return repeated(post, 1 / LEADS_A_SECOND)
