"""Databases for tests: copies of a migrated one, emptied after each test for the next."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from app.storage.migrate import migrate

_MIGRATED = "migrated"
#: What `CREATE` and `ALTER` write to, and `ANALYZE`.
_CATALOGS = ("attribute", "class", "constraint", "proc", "statistic", "trigger", "type")
#: PostgreSQL plans for a table of up to ten pages as for an empty one; each has 8 kB.
_BYTES_MAX = 10 * 8192
#: Leaf tables that hold rows of tests; the migrations' own rows stay.
_TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
AND relname NOT IN ('directory', 'schema_migration')
"""
#: Changes with the tables' definitions, statistics and the database's settings, not with rows.
_STATE = " UNION ALL ".join(
    [
        *(f"SELECT count(*), max(xmin::text::bigint) FROM pg_{name}" for name in _CATALOGS),
        "SELECT count(*), sum(reltuples)::bigint FROM pg_class WHERE oid >= 16384",
        "SELECT count(*), 0 FROM pg_db_role_setting WHERE setdatabase <> 0",
        f"SELECT count(*), 0 FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        f" AND relkind = 'r' AND pg_relation_size(oid) > {_BYTES_MAX}",
    ]
)
_DISCONNECT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
_RESET_SEQUENCES = """
SELECT setval(seqrelid, seqstart, false) FROM pg_sequence
WHERE seqrelid <> 'schema_migration_id_seq'::regclass
"""


class Databases:
    """Makes databases on a server.

    A copy costs a tenth of a second of CPU, so one whose tables nobody changed is emptied and used
    again, by another name: a thread that a test left behind finds nothing to write to.
    """

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._numbers = itertools.count(1)
        self._spare: str | None = None
        self._admin = _open(server_url)
        self._create(_MIGRATED, "template1")
        migrate(self._url_of(_MIGRATED))
        with closing(_open(self._url_of(_MIGRATED))) as connection:
            self._pristine = _fetch(connection, _STATE)
            self._tables = [name for (name,) in _fetch(connection, _TABLES)]

    def close(self) -> None:
        """Hang up."""
        self._admin.close()

    @contextmanager
    def blank(self) -> Iterator[str]:
        """The URL of a new database without tables."""
        name = self._create(self._new_name(), "template1")
        try:
            yield self._url_of(name)
        finally:
            self._drop(name)

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """The URL of a database with the current tables and no rows."""
        name = self._spare or self._create(self._new_name(), _MIGRATED)
        self._spare = None
        try:
            yield self._url_of(name)
        finally:
            self._spare = self._emptied(name)

    def _emptied(self, name: str) -> str | None:
        """Empty a database and give it a new name; None if it is not as it was, and dropped."""
        new_name = self._new_name()
        self._execute("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
        ends_at = time.monotonic() + 30
        while _fetch(self._admin, _DISCONNECT, name) and time.monotonic() < ends_at:
            time.sleep(0.002)  # PostgreSQL's own waiting takes steps of a tenth of a second
        try:
            self._execute("ALTER DATABASE {} RENAME TO {}", name, new_name)
        except psycopg2.errors.ObjectInUse:  # by somebody who came at the last moment
            self._drop(name)
            return None
        self._execute("ALTER DATABASE {} ALLOW_CONNECTIONS true", new_name)
        if self._was_emptied(new_name):
            return new_name
        self._drop(new_name)
        return None

    def _was_emptied(self, name: str) -> bool:
        with closing(_open(self._url_of(name))) as connection, connection.cursor() as cursor:
            if _fetch(connection, _STATE) != self._pristine:
                return False
            cursor.execute("SET session_replication_role = replica")  # no triggers, no foreign keys
            cursor.execute(";".join(f"DELETE FROM {table}" for table in self._tables))
            cursor.execute(_RESET_SEQUENCES)
            return True

    def _new_name(self) -> str:
        return f"test_{next(self._numbers)}"

    def _url_of(self, name: str) -> str:
        return urlsplit(self._server_url)._replace(path=f"/{name}").geturl()

    def _create(self, name: str, template: str) -> str:
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def _drop(self, name: str) -> None:
        self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def _execute(self, statement: str, *names: str) -> None:
        with self._admin.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _open(url: str) -> Any:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    return connection


def _fetch(connection: Any, query: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
