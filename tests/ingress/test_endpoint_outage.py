"""Without Redis and PostgreSQL a capture is refused, soon and truthfully; then all is well."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.org.api_key import Scope
from app.main import make_app
from app.storage.database import drop_connection, open_database, transaction
from app.storage.migrate import migrate
from app.storage.org import orgs
from config.settings import Settings
from scripts.system.embedded import Embedded
from tests.api.conftest import make_key
from tests.asgi import Client
from tests.factories import make_org, make_webhook
from tests.ingress.conftest import running

#: A second as promised, and some more for a busy machine.
REFUSED_WITHIN_SECONDS = 1.5
BACK_WITHIN_SECONDS = 30.0
KEYED_WRITERS = 60

Break = Callable[[Embedded], None]


def freeze(servers: Embedded) -> None:
    servers.valkey.freeze()
    _signal_postgres(servers, signal.SIGSTOP)


def thaw(servers: Embedded) -> None:
    servers.valkey.thaw()
    _signal_postgres(servers, signal.SIGCONT)


def _signal_postgres(servers: Embedded, number: signal.Signals) -> None:
    """To the server and to those of its processes that serve connections: each leads a group."""
    server = servers.postgres.pid
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True)
    pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    for pid, parent in pairs:
        if server in (pid, parent):
            os.kill(pid, number)


def kill(servers: Embedded) -> None:
    servers.valkey.kill()
    servers.postgres.kill()


def start(servers: Embedded) -> None:
    servers.valkey.start()
    servers.postgres.start()


@pytest.fixture
def ask(own_embedded: Embedded) -> Iterator[Client]:
    """The application on servers of its own, warm."""
    migrate(own_embedded.database_url)
    make_org(open_database(own_embedded.database_url))
    settings = Settings(
        database_url=own_embedded.database_url,
        redis_url=own_embedded.redis_url,
        secret_key=b"k" * 32,
    )
    with running(make_app(settings)) as client:
        assert client("POST", "/capture", {"email": "before@example.com"}).status == 202
        yield client


def test_keyed_writers_beside_a_redis_that_hangs_do_not_cost_a_capture(
    own_embedded: Embedded, ask: Client
) -> None:
    database = open_database(own_embedded.database_url)
    with transaction(database) as cursor:
        org = orgs.find_by_slug(cursor, "acme")
    assert org is not None
    webhook, key = make_webhook(database, org), make_key(database, org, Scope.READ_WRITE)
    target, done = f"/webhooks/{webhook.id}/ping", threading.Event()
    pings: list[int] = []

    def write() -> None:
        while not done.is_set():
            pings.append(ask("POST", target, x_api_key=key).status)

    own_embedded.valkey.freeze()
    try:
        with ThreadPoolExecutor(KEYED_WRITERS) as writers:
            for _ in range(KEYED_WRITERS):
                writers.submit(write)
            statuses = [
                ask("POST", "/capture", {"email": f"during{number}@example.com"}).status
                for number in range(40)
            ]
            done.set()
    finally:
        done.set()
        own_embedded.valkey.thaw()
        drop_connection(database)

    assert statuses == [202] * 40
    assert 202 in pings


@pytest.mark.parametrize(("break_both", "mend_both"), [(freeze, thaw), (kill, start)])
def test_without_both_servers_a_capture_is_refused_within_a_second_and_taken_again_afterwards(
    own_embedded: Embedded, ask: Client, break_both: Break, mend_both: Break
) -> None:
    refused: list[float] = []

    def visit(number: int) -> None:
        started = time.monotonic()
        reply = ask(
            *("POST", "/capture", {"email": f"during{number}@example.com"}),
            origin="https://page.example",
        )
        refused.append(time.monotonic() - started)
        assert reply.status == 503
        assert reply.json["error"]["code"] == "unavailable"
        assert int(reply.headers["retry-after"]) >= 1
        assert reply.headers["access-control-allow-origin"] == "https://page.example"
        assert "x-ratelimit-limit" not in reply.headers

    break_both(own_embedded)
    try:
        with ThreadPoolExecutor(8) as visitors:
            list(visitors.map(visit, range(24)))
    finally:
        mend_both(own_embedded)
    print(sorted(round(r, 2) for r in refused))
    # The machine may hold up some of them.
    assert statistics.median(refused) < REFUSED_WITHIN_SECONDS, refused
    deadline = time.monotonic() + BACK_WITHIN_SECONDS
    while (reply := ask("POST", "/capture", {"email": "after@example.com"})).status != 202:
        assert reply.status == 503
        assert time.monotonic() < deadline
