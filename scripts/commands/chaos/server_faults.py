"""Faults of processes and servers, to be observed: each begins and ends with a with block."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from os import killpg

import psycopg2

from scripts.commands.chaos.observed import Observed


def killed(*roles: str) -> Callable[[Observed], AbstractContextManager[None]]:
    """These roles are dead."""
    return partial(_killed, roles)


@contextmanager
def _killed(roles: tuple[str, ...], observed: Observed) -> Iterator[None]:
    for role in roles:
        observed.children[role].kill()
    yield
    for role in roles:
        observed.start(role)


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
    observed.system.embedded.valkey.kill()
    yield
    observed.system.embedded.valkey.start()


@contextmanager
def postgresql_away(observed: Observed) -> Iterator[None]:
    """PostgreSQL is dead."""
    observed.system.embedded.postgres.kill()
    yield
    observed.system.embedded.postgres.start()


def configured(
    name: str, wrong: str, right: str
) -> Callable[[Observed], AbstractContextManager[None]]:
    """Redis has another configuration."""
    return partial(_configured, name, wrong, right)


@contextmanager
def _configured(name: str, wrong: str, right: str, observed: Observed) -> Iterator[None]:
    observed.redis.config_set(name, wrong)
    yield
    observed.redis.config_set(name, right)


@contextmanager
def read_only(observed: Observed) -> Iterator[None]:
    """PostgreSQL takes no writes, also of sessions that are there."""
    _alter(observed, "default_transaction_read_only = on")
    yield
    _alter(observed, "default_transaction_read_only = off")


def _alter(observed: Observed, setting: str) -> None:
    with closing(psycopg2.connect(observed.system.settings.database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute(f"ALTER SYSTEM SET {setting}")
            cursor.execute("SELECT pg_reload_conf()")
