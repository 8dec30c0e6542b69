"""Faults of processes and servers, to be observed: each begins and ends with a with block."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from os import killpg

from scripts.commands.chaos.observed import Begin, Observed
from scripts.commands.sql import session


def killed(*roles: str) -> Begin:
    """These roles are dead."""

    @contextmanager
    def begin(observed: Observed) -> Iterator[None]:
        for role in roles:
            observed.children[role].kill()
        yield
        for role in roles:
            observed.start(role)

    return begin


@contextmanager
def frozen_web(observed: Observed) -> Iterator[None]:
    """The web process and its workers hang."""
    group = observed.children["web"].pid or 0
    killpg(group, signal.SIGSTOP)
    yield
    killpg(group, signal.SIGCONT)


@contextmanager
def redis_away(observed: Observed) -> Iterator[None]:
    """Redis is dead."""
    observed.embedded.valkey.kill()
    yield
    observed.embedded.valkey.start()


@contextmanager
def postgresql_away(observed: Observed) -> Iterator[None]:
    """PostgreSQL is dead."""
    observed.embedded.postgres.kill()
    yield
    observed.embedded.postgres.start()


def configured(name: str, wrong: str, right: str) -> Begin:
    """Redis has another configuration."""

    @contextmanager
    def begin(observed: Observed) -> Iterator[None]:
        observed.redis.config_set(name, wrong)
        yield
        observed.redis.config_set(name, right)

    return begin


@contextmanager
def read_only(observed: Observed) -> Iterator[None]:
    """PostgreSQL takes no writes, also of sessions that are there."""
    _alter(observed, "default_transaction_read_only = on")
    yield
    _alter(observed, "default_transaction_read_only = off")


def _alter(observed: Observed, setting: str) -> None:
    with session(observed.database_url) as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        cursor.execute(f"ALTER SYSTEM SET {setting}")
        cursor.execute("SELECT pg_reload_conf()")
