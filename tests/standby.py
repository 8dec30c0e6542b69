"""A standby that follows a PostgreSQL of the tests, to be promoted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg2

from scripts.system import standby
from scripts.system.postgres import WITHOUT_FSYNC, Postgres


class Standby(standby.Standby):
    """`url` reaches it alone, `both` whichever of the two takes writes."""

    def __init__(self, primary: Postgres) -> None:
        super().__init__(primary, primary.run_folder / "standby.log", WITHOUT_FSYNC)
        first = urlsplit(primary.url)
        address = urlsplit(self.url).netloc.rpartition("@")[2]
        self.both = first._replace(netloc=f"{first.netloc},{address}").geturl()

    def promote(self) -> None:
        """Make it the primary; it is one at the return."""
        execute(self.url, "SELECT pg_promote(true)")


@contextmanager
def standby_of(primary: Postgres) -> Iterator[Standby]:
    """A running standby; ended when left."""
    standby.allow_standby(primary)
    execute(primary.url, "SELECT pg_reload_conf()")
    made = Standby(primary)
    made.prepare()
    made.start()
    try:
        yield made
    finally:
        made.kill()
        assert made.cwd is not None
        shutil.rmtree(made.cwd / "standby")


def execute(url: str, statement: str) -> None:
    """Run a statement on one server."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)
