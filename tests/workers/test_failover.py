"""PostgreSQL's standby is promoted: recording goes on with it, with the same URL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from app.domain.errors import StorageUnavailable
from app.domain.times import now
from app.queue.connection import connect
from app.queue.notifier import DeliveryNotifier
from app.storage.database import Database, drop_connection, open_database, transaction
from app.storage.migrate import migrate
from scripts.system.embedded import Embedded
from tests.factories import make_capture, make_org
from tests.standby import Standby, execute, standby_of
from tests.waiting import eventually
from tests.workers.test_captures import as_job
from workers.captures import Recorder

#: From the promotion to the first recorded capture; a second or two.
MOVED_SECONDS = 20.0


@pytest.fixture
def servers() -> Iterator[Embedded]:
    with Embedded(fsync=False) as servers:
        migrate(servers.database_url)
        yield servers


@pytest.fixture
def standby(servers: Embedded) -> Iterator[Standby]:
    with standby_of(servers.postgres) as standby:
        yield standby


class Recording:
    """Records a capture every 20 ms through several sessions, whatever happens."""

    def __init__(self, database: Database, redis_url: str) -> None:
        self._org = make_org(database)
        self._database = database
        self._client = connect(redis_url, connections=8)
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=[n]) for n in range(4)]
        #: When each capture was recorded.
        self.recorded: dict[str, float] = {}

    def __enter__(self) -> Recording:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)

    def goes_on_after(self, moment: float) -> float:
        """Wait until each session has recorded after a moment; how long that took."""
        eventually(lambda: all(any(at > moment for at in self._times(n)) for n in range(4)), 60)
        return max(min(at for at in self._times(n) if at > moment) for n in range(4)) - moment

    def _times(self, number: int) -> list[float]:
        return [at for id, at in list(self.recorded.items()) if id.startswith(f"{number} ")]

    def _run(self, number: int) -> None:
        recorder = Recorder(self._database, DeliveryNotifier(self._client), now)
        capture = make_capture(self._org, f"{number}@example.com")
        while not self._stopping.wait(0.02):
            try:
                recorder.record([as_job(capture)])
            except StorageUnavailable:
                continue
            self.recorded[f"{number} {capture.id}"] = time.monotonic()
            capture = make_capture(self._org, f"{number}@example.com")
        drop_connection(self._database)


def kill(servers: Embedded) -> None:
    servers.postgres.kill()


def demote(servers: Embedded) -> None:
    """It lives on, and refuses writes in sessions that are open, as one that is fenced does."""
    execute(servers.database_url, "ALTER SYSTEM SET default_transaction_read_only = on")
    execute(servers.database_url, "SELECT pg_reload_conf()")


@pytest.mark.all_only
@pytest.mark.parametrize("fault", [kill, demote])
def test_recording_goes_on_with_the_promoted_standby(
    servers: Embedded,
    standby: Standby,
    fault: Callable[[Embedded], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    database = open_database(standby.both, pool_size=4)
    with Recording(database, servers.redis_url) as recording:
        recording.goes_on_after(0.0)
        began = time.monotonic()
        fault(servers)
        standby.promote()
        promoted = time.monotonic()
        took = recording.goes_on_after(promoted)
    print(f"{fault.__name__}: promoted after {promoted - began:.2f} s, recorded {took:.2f} s later")
    assert took < MOVED_SECONDS
    assert "database.server_changed" in caplog.text
    with transaction(database) as cursor:
        cursor.execute("SELECT id FROM captures")
        stored = {id for (id,) in cursor}
    late = {id.split()[1] for id, at in recording.recorded.items() if at > promoted}
    assert late <= stored
    drop_connection(database)
