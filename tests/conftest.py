"""Real servers for the tests that ask for them: one pair for each pytest process.

A test that only computes asks for nothing and waits for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
import redis

from app.storage.database import Database, drop_connection, open_database
from scripts.system.embedded import Embedded
from tests.databases import Databases

_SLOW_FOLDERS = ("flow", "system", "workers", "queue", "monitoring", "ingress")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the tests marked all_only, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only `--all` runs; pytest's last line says how many tests that are.

    Folders that wait and start servers come first, so that no process ends long after the others.
    """
    items.sort(key=lambda item: _order(item.path.parent.name))
    if not config.getoption("--all"):
        left_out = [item for item in items if item.get_closest_marker("all_only")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("all_only")]


def _order(folder: str) -> int:
    return _SLOW_FOLDERS.index(folder) if folder in _SLOW_FOLDERS else len(_SLOW_FOLDERS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.stats.get("deselected"):
        terminalreporter.write_line("Deselected tests run with ./scripts/test --all")


@pytest.fixture(scope="session")
def embedded() -> Iterator[Embedded]:
    """A PostgreSQL (without fsync, for speed) and a Valkey (with), shared by all tests.

    Leave them running and as they are; a test that breaks its servers takes `own_embedded`.
    """
    with Embedded(fsync=False) as servers:
        yield servers


@pytest.fixture
def own_embedded() -> Iterator[Embedded]:
    """Servers of this test alone, to be killed, frozen and restarted (about a second)."""
    with Embedded() as servers:
        yield servers


@pytest.fixture(scope="session")
def databases(embedded: Embedded) -> Iterator[Databases]:
    """What makes the databases of tests."""
    with closing(Databases(embedded.database_url)) as databases:
        yield databases


@pytest.fixture
def blank_database_url(databases: Databases) -> Iterator[str]:
    """A new database without tables."""
    with databases.blank() as url:
        yield url


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A database with the current tables and no rows."""
    with databases.migrated() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, opened."""
    database = open_database(database_url)
    yield database
    drop_connection(database)


@pytest.fixture
def redis_url(embedded: Embedded) -> str:
    """An empty Valkey: the broker's database /0, and the next one for admission."""
    with closing(redis.Redis.from_url(embedded.redis_url)) as client:
        client.flushall()
    return embedded.redis_url
