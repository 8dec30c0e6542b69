"""A whole system of its own for the tests that walk the line: servers, web, workers, clock."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.client import Rex
from scripts.system.output import Console
from scripts.system.ports import free_port
from scripts.system.whole import WholeSystem

#: Short retries, so that a test sees several; limits that no test runs into by chance.
SETTINGS = {
    "RETRY_BASE_SECONDS": "0.4",
    "CLOCK_INTERVAL_SECONDS": "0.1",
    "CAPTURE_RATE_PER_ADDRESS": "0",
    "CAPTURE_RATE_PER_EMAIL": "0",
    "API_RATE_PER_KEY": "0",
    "BASE_DOMAIN": "rex.test",
    "LOG_LEVEL": "warning",
}


@pytest.fixture(scope="module")
def system() -> Iterator[WholeSystem]:
    """A running system; its processes may be killed, they come back."""
    environ = {**os.environ, **SETTINGS, "PORT": str(free_port())}
    for name in ("DATABASE_URL", "REDIS_URL", "DATA_DIR"):
        environ.pop(name, None)
    whole = WholeSystem(environ, None, Console(io.StringIO()))
    try:
        whole.start()
        yield whole
    finally:
        whole.stop()


@pytest.fixture
def rex(system: WholeSystem) -> Rex:
    """Its API with the key that the release step made."""
    return Rex(system.base_url, system.api_key)


@pytest.fixture
def checkout() -> Path:
    """The root of the project."""
    return Path(__file__).resolve().parent.parent.parent
