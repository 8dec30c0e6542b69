"""A standby that follows a PostgreSQL of the tests, to be promoted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg2

from scripts.system.ports import LOOPBACK, free_port
from scripts.system.postgres import Postgres
from scripts.system.postgres_home import programs
from scripts.system.unprivileged import as_user, server_user
from tests.system.waiting import eventually


class Standby:
    """A running standby. `url` reaches it alone, `both` whichever of the two takes writes."""

    def __init__(self, primary: Postgres) -> None:
        self._user = server_user()
        self._programs = programs(self._user)
        self._folder = primary.home / "standby"
        self._port = free_port()
        first = urlsplit(primary.url)
        login, _, address = first.netloc.partition("@")
        self.url = first._replace(netloc=f"{login}@{LOOPBACK}:{self._port}").geturl()
        self.both = first._replace(netloc=f"{login}@{address},{LOOPBACK}:{self._port}").geturl()
        with (primary.home / "cluster" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host replication all {LOOPBACK}/32 scram-sha-256\n")
        execute(primary.url, "SELECT pg_reload_conf()")
        self._run("pg_basebackup", "-d", primary.url, "-D", str(self._folder), "-R", "-c", "fast")
        self._log = (primary.home / "standby.log").open("wb")
        self._server = self._start()
        eventually(self._answers, 20)

    def promote(self) -> None:
        """Make it the primary; it is one at the return."""
        execute(self.url, "SELECT pg_promote(true)")

    def stop(self) -> None:
        """End it, and remove its files."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()
        self._log.close()
        shutil.rmtree(self._folder)

    def _start(self) -> subprocess.Popen[bytes]:
        options = ("-c", f"port={self._port}", "-c", f"listen_addresses={LOOPBACK}")
        command = [str(self._programs / "postgres"), "-D", str(self._folder), *options]
        # Those of the primary were on its command line.
        command += [
            "-c",
            "unix_socket_directories=",
            "-c",
            "max_connections=200",
            "-c",
            "fsync=off",
        ]
        output = {"stdout": self._log, "stderr": subprocess.STDOUT}
        return subprocess.Popen(command, cwd=self._folder, **output, **as_user(self._user))  # type: ignore[call-overload,no-any-return]

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        environ = {"PATH": os.defpath, "LC_ALL": "C"}
        subprocess.run(
            command, cwd=self._folder.parent, env=environ, check=True, **as_user(self._user)
        )

    def _answers(self) -> bool:
        try:
            execute(self.url, "SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True


@contextmanager
def standby_of(primary: Postgres) -> Iterator[Standby]:
    """A running standby; ended when left."""
    standby = Standby(primary)
    try:
        yield standby
    finally:
        standby.stop()


def execute(url: str, statement: str) -> None:
    """Run a statement on one server."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)
