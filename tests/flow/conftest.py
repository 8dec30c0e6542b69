"""A whole system of its own for the tests that walk the line: servers, web, workers, scheduler."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.client import Rex
from scripts.system.whole import WholeSystem
from tests.flow.browsers import find_browser
from tests.flow.systems import running_system


@pytest.fixture(scope="session")
def system() -> Iterator[WholeSystem]:
    """A running system for the files of one pytest process that need no settings of their own.

    Its processes may be killed, they come back. What else others left in it is no test's business.
    """
    with running_system() as whole:
        yield whole


@pytest.fixture
def rex(system: WholeSystem) -> Rex:
    """Its API with the key that the release step made."""
    return Rex(system.base_url, system.api_key)


@pytest.fixture
def browser() -> str:
    """A browser's program."""
    return find_browser()
