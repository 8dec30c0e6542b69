"""Imports go down the floors, never sideways nor in circles; a process loads only what it needs.

main  over  ingress, api, console, workers, server  over  http  over  monitoring  over  storage,
queue  over  domain, config
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent

_SHARED = {"app.domain", "app.storage", "app.queue", "app.http", "app.monitoring", "config"}
#: A room and the rooms that it may import from, besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    "config": set(),
    "app.domain": set(),
    "app.metrics": {"config"},
    "app.storage": {"app.domain", "app.metrics", "config"},
    "app.queue": {"app.domain", "app.metrics", "config"},
    # What processes say of themselves and of the servers; web and workers stand on it.
    "app.monitoring": {"app.domain", "app.metrics", "app.storage", "app.queue", "config"},
    "app.http": {
        *("app.domain", "app.metrics", "app.storage", "app.queue", "app.monitoring"),
        "config",
    },
    "app.ingress": {"app.domain", "app.metrics", "app.storage", "app.queue", "app.http", "config"},
    "app.api": _SHARED,
    "app.console": _SHARED,
    "app.server": {"app.http", "config"},
    "app.serve": {"app.metrics", "app.server", "app.storage", "config"},
    "app.main": {
        "app.serve",
        "app.server",
        "app.api",
        "app.console",
        "app.ingress",
        "app.http",
        "app.metrics",
        "app.monitoring",
        "app.storage",
        "app.queue",
        "app.domain",
        "config",
    },
    "workers": {
        "app.domain",
        "app.metrics",
        "app.storage",
        "app.queue",
        "app.monitoring",
        "config",
    },
    # What starts and stops servers and processes knows the product by its settings alone.
    "scripts.system": {"config"},
}
#: Packages of others that only these rooms may import.
ONLY_IN: dict[str, set[str]] = {
    "psycopg2": {"app.storage", "workers"},
    "peewee": {"app.storage"},
    "playhouse": {"app.storage"},
    "redis": {"app.queue", "app.monitoring", "workers"},
    "dramatiq": {"app.queue", "workers"},
    "starlette": {"app.http", "app.ingress", "app.api", "app.console", "app.main"},
    "jinja2": {"app.console", "app.ingress"},
    "argon2": {"app.http"},
    "granian": {"app.server"},
    "urllib3": {"workers"},
    "prometheus_client": {"app.metrics", "app.monitoring"},
}


def room_of(module: str) -> str | None:
    """The room that a module of ours lives in."""
    rooms = [room for room in MAY_IMPORT if module == room or module.startswith(room + ".")]
    return max(rooms, key=len, default=None)


def imports_of(source: str) -> Iterator[str]:
    """Every module that a source imports, `from a import b` as `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def breaches(module: str, source: str) -> list[str]:
    """What a module imports against the rules."""
    room = room_of(module)
    if room is None:
        return []
    found = []
    for imported in imports_of(source):
        target = room_of(imported)
        if target not in (None, room, *MAY_IMPORT[room]):
            may = ", ".join(sorted(MAY_IMPORT[room])) or "nothing of ours"
            found.append(f"{module} imports {imported}; {room} may import {may}")
        package = imported.split(".")[0]
        if package in ONLY_IN and room not in ONLY_IN[package]:
            found.append(f"{module} imports {package}, which belongs to {ONLY_IN[package]}")
    return found


def our_modules() -> Iterator[tuple[str, str]]:
    """Name and source of every module under the rules."""
    for top in ("config", "app", "workers", "scripts"):
        for path in sorted((CHECKOUT / top).rglob("*.py")):
            name = ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path.read_text()


def test_no_module_imports_upwards_or_sideways() -> None:
    found = [breach for name, source in our_modules() for breach in breaches(name, source)]
    assert not found, "\n".join(found)


def groups_of(sources: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Every folder of the domain and of the storage, with the folders that it imports from."""
    group = re.compile(r"(app\.(?:domain|storage)\.\w+)\.\w+").match
    found: dict[str, set[str]] = {}
    for module, source in sources:
        if here := group(module):
            there = {match[1] for name in imports_of(source) if (match := group(name))}
            found.setdefault(here[1], set()).update(there - {here[1]})
    return found


def test_folders_of_the_domain_and_of_the_storage_import_in_no_circle() -> None:
    folders = groups_of(our_modules())
    assert len(folders) > 20
    TopologicalSorter(folders).prepare()


def test_a_planted_circle_is_found() -> None:
    sources = [
        ("app.domain.org.org", "from app.domain.spam.mode import SpamMode"),
        ("app.domain.spam.mode", "from app.domain.capture import capture"),
        ("app.domain.capture.capture", "from app.domain.org.org import Org"),
    ]
    with pytest.raises(CycleError):
        TopologicalSorter(groups_of(sources)).prepare()


def test_every_package_file_is_empty() -> None:
    filled = [
        str(path.relative_to(CHECKOUT))
        for top in ("config", "app", "workers", "scripts")
        for path in (CHECKOUT / top).rglob("__init__.py")
        if path.read_text().strip()
    ]
    assert filled == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("app.domain.contact.contact", "from app.storage import contacts"),
        ("app.domain.contact.contact", "import config.settings"),
        ("app.storage.contact.contacts", "from app.queue.notifier import DeliveryNotifier"),
        ("app.queue.jobs", "from app.storage import deliveries"),
        ("app.ingress.capture", "from app.api import health"),
        ("app.ingress.capture", "from workers.captures import Recorder"),
        ("app.api.webhooks", "from app.ingress import cors"),
        ("workers.captures", "from app.http import answers"),
        ("workers.captures", "from app.ingress.capture import CaptureEndpoint"),
        ("config.settings", "from app.domain import errors"),
        ("app.ingress.capture", "from app.server import serve"),
        ("app.console.leads", "from app.api import captures"),
        ("app.console.leads", "import psycopg2"),
        ("app.server", "from app.ingress import capture"),
        ("app.ingress.capture", "import urllib3"),
        ("app.domain.ids", "import redis"),
        ("scripts.system.whole", "from app.storage import migrate"),
    ],
)
def test_a_planted_breach_is_found(module: str, line: str) -> None:
    assert breaches(module, line)


def loaded_by(statement: str, packages: Iterable[str]) -> list[str]:
    """Those packages that a fresh interpreter has loaded after a statement."""
    script = f"import sys; {statement}; print(*[p for p in {list(packages)!r} if p in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_a_worker_loads_no_web_server() -> None:
    assert loaded_by("import workers.main, workers.actors", ["starlette", "granian"]) == []


def test_the_process_that_supervises_the_web_workers_loads_little() -> None:
    assert loaded_by("import app.serve", ["starlette", "psycopg2", "redis", "dramatiq"]) == []


def test_a_worker_that_sends_nothing_loads_no_http_client() -> None:
    assert loaded_by("import workers.main", ["urllib3", "idna", "workers.sender"]) == []


def test_the_web_process_loads_neither_workers_nor_their_http_client() -> None:
    assert loaded_by("import app.main", ["workers", "urllib3"]) == []
