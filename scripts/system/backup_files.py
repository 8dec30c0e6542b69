"""A backup's folder: what it holds, and PostgreSQL's part of it.

backup.json     version and time; written last, so a folder without it is no backup
postgres.dump   pg_dump's custom format
appendonlydir/  Valkey's append-only file
secret_key, api_key
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scripts.system.postgres_home import programs
from scripts.system.private_file import write_private
from scripts.system.unprivileged import server_user

#: Valkey's append-only file, in its own folder and in the backup.
AOF = "appendonlydir"
DUMP = "postgres.dump"
#: Files of the data folder that belong to what the servers hold.
KEYS = ("secret_key", "api_key")
_LABEL = "backup.json"


class BackupFailed(Exception):
    """A backup or a restore was refused or broke off; the text says why."""


def write_label(folder: Path, **told: str) -> None:
    """Declare the backup complete."""
    write_private(folder / _LABEL, json.dumps(told) + "\n")


def read_label(folder: Path) -> dict[str, str]:
    """What was told about a complete backup. Raises `BackupFailed`."""
    try:
        label: dict[str, str] = json.loads((folder / _LABEL).read_text())
    except (OSError, ValueError):
        raise BackupFailed(f"{folder} holds no complete backup (no {_LABEL})") from None
    return label


def dump_postgres(database_url: str, folder: Path) -> None:
    """Write a consistent copy of the database. Raises `BackupFailed`."""
    _run("pg_dump", database_url, "--format=custom", f"--file={folder / DUMP}")


def restore_postgres(database_url: str, folder: Path) -> None:
    """Fill an empty database from the copy, wholly or not at all. Raises `BackupFailed`."""
    options = ("--single-transaction", "--exit-on-error", "--no-owner")
    _run("pg_restore", database_url, *options, str(folder / DUMP))


def _run(program: str, database_url: str, *arguments: str) -> None:
    url = urlsplit(database_url)
    where = [
        "--host",
        url.hostname or "",
        "--port",
        str(url.port),
        "--username",
        url.username or "",
    ]
    # Not on the command line, which everybody on the machine can read.
    environ: Mapping[str, str] = {"PGPASSWORD": unquote(url.password or ""), "LC_ALL": "C"}
    command = [str(programs(server_user()) / program), *where, "--no-password"]
    done = subprocess.run(
        [*command, "--dbname", url.path.lstrip("/"), *arguments],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise BackupFailed(f"{program} failed: {done.stdout.strip()}")
