"""`rex backup DIR`: copies everything that the embedded servers hold, and the keys, into DIR.

For `rex dev` and `rex all` with servers of their own, running or stopped; docs/operating.md says
how to back up servers of yours. DIR must not exist; it is there once the backup is complete.

The queue is copied before the database: a capture that is recorded between the two is in both, and
is recorded once, by its id. The other way round it would be in neither.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import redis

from scripts.checkout import data_folder
from scripts.commands.arguments import BY_REX, script_parser, version_of_rex
from scripts.system.backup_files import (
    AOF,
    KEYS,
    BackupFailed,
    dump_postgres,
    write_label,
)
from scripts.system.embedded import AlreadyRunning, Embedded
from scripts.system.running import find_running
from scripts.system.server import ServerFailed

_REWRITE, _REWRITE_DEFAULT = "auto-aof-rewrite-percentage", "100"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a backup; 1 with a line that says why there is none."""
    parser = script_parser("backup", __doc__, BY_REX)
    parser.add_argument("folder", metavar="DIR", type=Path, help="must not exist")
    folder = parser.parse_args(arguments).folder
    try:
        size = back_up(data_folder(os.environ), folder)
    except (BackupFailed, AlreadyRunning, ServerFailed, redis.RedisError, OSError) as problem:
        print(f"rex backup: {problem}", file=sys.stderr)
        return 1
    print(f"{folder}: complete, {size / 2**20:.1f} MiB. It holds SECRET_KEY: keep it as safe.")
    return 0


def back_up(data: Path, folder: Path) -> int:
    """Make a backup of a data folder; its size in bytes. Raises `BackupFailed`."""
    check_embedded(data)
    if folder.exists():
        raise BackupFailed(f"{folder} exists; name a new folder")
    if not (data / "valkey").exists():
        raise BackupFailed(f"{data} holds no data of embedded servers")
    draft = folder.with_name(f".{folder.name}.partial")
    with _alone(data), _servers(data) as (database_url, redis_url):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        with _no_rewrite(redis_url):
            shutil.copytree(data / "valkey" / AOF, draft / AOF)
        dump_postgres(database_url, draft)
    for name in KEYS:
        if (data / name).exists():
            shutil.copy(data / name, draft / name)
    write_label(draft, version=version_of_rex(), made_at=datetime.now(UTC).isoformat())
    draft.rename(folder)
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def check_embedded(data: Path) -> None:
    """Raises `BackupFailed` where the servers are not ours."""
    if any(os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL")):
        raise BackupFailed(
            "DATABASE_URL or REDIS_URL is set: this is for the servers that rex brings;"
            " docs/operating.md says how to back up others"
        )


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One backup at a time: the first to end would allow rewrites while the other still copies."""
    with (data / "backup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupFailed(f"another backup of {data} is under way") from None
        yield


@contextmanager
def _servers(data: Path) -> Iterator[tuple[str, str]]:
    """URLs of the servers of a data folder, which are started if nothing runs there."""
    with ExitStack() as stack:
        try:
            servers = stack.enter_context(Embedded(data))
            urls = servers.database_url, servers.redis_url
        except AlreadyRunning:
            running = find_running(data)
            if running is None:  # it is starting or stopping
                raise
            urls = running.environ["DATABASE_URL"], running.environ["REDIS_URL"]
        yield urls


@contextmanager
def _no_rewrite(redis_url: str) -> Iterator[None]:
    """While the append-only file is copied it only grows; a copy that ends early is a prefix."""
    with closing(redis.Redis.from_url(redis_url)) as client:
        before = client.config_get(_REWRITE)[_REWRITE] or "0"
        if before == "0":  # a backup that was killed left it so: the file would only grow
            before = _REWRITE_DEFAULT
        client.config_set(_REWRITE, 0)
        try:
            while client.info("persistence")["aof_rewrite_in_progress"]:
                time.sleep(0.1)
            yield
        finally:
            client.config_set(_REWRITE, before)
