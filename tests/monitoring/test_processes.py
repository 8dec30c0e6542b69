"""A process is known to either server, and stays known while one of them is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app.domain.errors import Unavailable
from app.domain.system.process import ProcessSeen
from app.monitoring import reporter as reporter_module
from app.monitoring.processes import seen_processes
from app.monitoring.reporter import Reporter
from app.queue.connection import connect
from app.storage.database import open_database
from app.storage.migrate import migrate
from scripts.system.embedded import Embedded
from tests.waiting import eventually

Look = Callable[[], list[ProcessSeen]]


@pytest.fixture
def look(own_embedded: Embedded) -> Iterator[Look]:
    database = open_database(own_embedded.database_url)
    client = connect(own_embedded.redis_url, connections=1, patience_seconds=10.0)
    yield lambda: seen_processes(database, client)
    database.close()
    client.close()


def test_a_report_survives_the_loss_of_either_server_and_ends_with_its_process(
    own_embedded: Embedded, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporter_module, "REPORT_SECONDS", 0.1)
    migrate(own_embedded.database_url)
    database = open_database(own_embedded.database_url)
    jobs = {"jobs": 3}
    reporter = Reporter("captures", database, own_embedded.redis_url, holds=lambda: jobs)

    def is_seen() -> bool:
        return [each.report.holds for each in look() if each.age_seconds < 1] == [jobs]

    reporter.start()
    try:
        eventually(is_seen)
        for server in (own_embedded.valkey, own_embedded.postgres):
            server.kill()
            jobs = {"jobs": jobs["jobs"] + 1}
            eventually(is_seen)
            server.start()
        jobs = {"jobs": 0}
        eventually(is_seen)
    finally:
        reporter.stop()
    assert look() == []


def test_nothing_is_said_when_neither_server_answers(own_embedded: Embedded, look: Look) -> None:
    for server in own_embedded.servers:
        server.kill()
    with pytest.raises(Unavailable):
        look()
