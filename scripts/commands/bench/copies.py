"""A replica of the testbed's Valkey, and a standby of its PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import redis

from scripts.commands.bench.testbed import Testbed
from scripts.system.embedded import Embedded
from scripts.system.ports import LOOPBACK
from scripts.system.server import STOP_SECONDS
from scripts.system.standby import Standby, allow_standby

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
    allow_standby(primary)
    testbed.query("SELECT pg_reload_conf()")
    standby = Standby(primary, testbed.embedded.data_folder / "log" / "standby.log")
    standby.prepare()
    standby.start()
    try:
        testbed.wait_until(lambda: testbed.query(_STREAMS) == 1, "no standby streams")
        yield
    finally:
        testbed.query("ALTER SYSTEM RESET synchronous_standby_names")
        testbed.query("SELECT pg_reload_conf()")
        standby.stop(STOP_SECONDS)
