"""A replica of the testbed's Valkey, and a standby of its PostgreSQL."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import redis

from scripts.commands.bench.testbed import Testbed
from scripts.system.child import Child
from scripts.system.embedded import Embedded
from scripts.system.ports import LOOPBACK, free_port
from scripts.system.postgres import SETTINGS
from scripts.system.postgres_home import programs
from scripts.system.postgres_programs import options_of
from scripts.system.server import STOP_SECONDS
from scripts.system.unprivileged import as_user

_STREAMS = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"


@contextmanager
def replica_of(testbed: Testbed) -> Iterator[None]:
    """A replica that fsyncs like the primary, in step."""
    primary = urlsplit(testbed.redis_url)
    follows = {"replicaof": f"{LOOPBACK} {primary.port}", "masterauth": primary.password or ""}
    with (
        Embedded(postgres=False, valkey_settings=follows) as replica,
        closing(redis.Redis.from_url(replica.redis_url)) as client,
    ):
        testbed.wait_until(
            lambda: client.info("replication")["master_link_status"] == "up", "no replica follows"
        )
        yield


@contextmanager
def standby_of(testbed: Testbed) -> Iterator[None]:
    """A standby that streams; commits do not wait for it yet."""
    primary = testbed.embedded.postgres
    access = primary.home / "cluster" / "pg_hba.conf"
    access.write_text(f"{access.read_text()}host replication all {LOOPBACK}/32 scram-sha-256\n")
    testbed.query("SELECT pg_reload_conf()")
    folder, found = primary.home / "standby", programs(primary.user)
    subprocess.run(
        [found / "pg_basebackup", "-d", primary.url, "-D", folder, "-R", "-c", "fast"],
        **as_user(primary.user),
        cwd=primary.home,
        env=primary.environ,
        check=True,
    )
    settings = {**SETTINGS, "port": str(free_port())}  # no fewer sessions than the primary
    standby = Child(
        "standby",
        [str(found / "postgres"), "-D", str(folder), *options_of(settings)],
        run_folder=testbed.embedded.run_folder,
        environ=primary.environ,
        cwd=primary.home,
        user=primary.user,
        stop_signal=signal.SIGINT,
        output=testbed.embedded.data_folder / "log" / "standby.log",
    )
    standby.start()
    try:
        testbed.wait_until(lambda: testbed.query(_STREAMS) == 1, "no standby streams")
        yield
    finally:
        testbed.query("ALTER SYSTEM RESET synchronous_standby_names")
        testbed.query("SELECT pg_reload_conf()")
        standby.stop(STOP_SECONDS)
