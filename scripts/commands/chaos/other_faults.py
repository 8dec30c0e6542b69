"""Faults of settings, clocks, receivers and rows, to be observed: each is a with block.

The clock that is wrong is one process's view of it: that of the machine stays as it is.
"""

from __future__ import annotations

import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

from scripts.commands.chaos.observed import Observed
from scripts.commands.sql import session
from scripts.receiver import PostServer, Reply

#: What a process runs first that is to see another time.
_CLOCK = "import time\n_right = time.time\ntime.time = lambda: _right() + 3600\n"


@contextmanager
def wrong_key(observed: Observed) -> Iterator[None]:
    """Deliveries are started with another SECRET_KEY, which refuses to start."""
    other = b"x" * 32
    observed.children["deliveries"].kill()
    observed.start("deliveries", {"SECRET_KEY": b64encode(other).decode()})
    right, observed.settings = observed.settings, replace(observed.settings, secret_key=other)
    yield
    observed.settings = right
    observed.start("deliveries")


@contextmanager
def clock_off(observed: Observed) -> Iterator[None]:
    """The scheduler and the doctor see a time that is an hour ahead."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(_CLOCK)
        observed.children["scheduler"].kill()
        observed.start("scheduler", {"PYTHONPATH": folder})
        right = time.time
        with mock.patch("time.time", side_effect=lambda: right() + 3600):
            yield
        observed.children["scheduler"].kill()
        observed.start("scheduler")


@contextmanager
def hanging_receiver(observed: Observed) -> Iterator[None]:
    """A subscriber takes every request and never answers."""
    with PostServer(lambda headers, body: _hang()) as receiver, _subscribed(observed, receiver.url):
        yield


@contextmanager
def stuck_queue(observed: Observed) -> Iterator[None]:
    """Nothing can be recorded: somebody holds a lock."""
    with session(observed.database_url) as cursor:
        cursor.execute("BEGIN; LOCK TABLE captures IN EXCLUSIVE MODE")
        yield


@contextmanager
def dead_letter(observed: Observed) -> Iterator[None]:
    """A job that nobody can read."""
    observed.redis.xadd("{rex}:stream:captures", {"job": b"no job"})
    yield
    observed.redis.delete("{rex}:dead:captures")


@contextmanager
def missing_migration(observed: Observed) -> Iterator[None]:
    """The last migration was not applied, as far as anybody can tell."""
    with session(observed.database_url) as cursor:
        last = "(SELECT max(name) FROM schema_migration)"
        cursor.execute(f"DELETE FROM schema_migration WHERE name = {last} RETURNING name")
        name = cursor.fetchone()
        yield
        cursor.execute("INSERT INTO schema_migration (name, applied) VALUES (%s, now())", name)


def _hang() -> Reply:
    time.sleep(60)
    return Reply(503)


@contextmanager
def _subscribed(observed: Observed, url: str) -> Iterator[None]:
    _, created = observed.rex.request("POST", "/webhooks", {"url": url})
    yield
    observed.rex.request("DELETE", f"/webhooks/{created['data']['id']}")
