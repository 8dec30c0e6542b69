"""From one release to the next: under load, side by side, and nothing lost or recorded twice."""

from __future__ import annotations

import itertools
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from app.storage.migrate import migrate, pending
from scripts.client import Rex
from scripts.receiver import Received, Receiver, verify
from scripts.system.embedded import Embedded
from scripts.system.ports import free_port
from scripts.system.readiness import fault
from scripts.system.whole import UNLIMITED, temporary_system
from tests.flow import releases
from tests.flow.systems import SETTINGS, query
from tests.waiting import eventually

pytestmark = pytest.mark.all_only

PATIENCE_SECONDS = 60.0
#: What 0.1.0 writes for a lead, in its own columns.
OLD_WRITES = """
WITH n AS (SELECT lpad(%(n)s::text, 26, '0') AS id, id AS org FROM orgs),
c AS (INSERT INTO captures (id, org_id, contact_id, status, payload)
    SELECT 'cap_' || id, org, 'cont_' || id, 'recorded', '{"email": "x@example.com"}' FROM n),
k AS (INSERT INTO contacts (id, org_id, email, stage, source, metadata, created_at, updated_at,
        captures_count, sequence, stamps, version)
    SELECT 'cont_' || id, org, id || '@example.com', 'lead', 'organic', '{}', now(), now(), 1, 1,
        '{}', 1 FROM n),
e AS (INSERT INTO events (id, org_id, type, contact_id, sequence, occurred_at, data)
    SELECT 'evt_' || id, org, 'contact.created', 'cont_' || id, 1, now(),
        json_build_object('id', 'cont_' || id) FROM n)
INSERT INTO deliveries (id, org_id, webhook_id, event_id, event_type, contact_id, sequence, status,
    next_attempt_at)
SELECT 'dlv_' || n.id, org, w.id, 'evt_' || n.id, 'contact.created', 'cont_' || n.id, 1, 'pending',
    now()
FROM n, webhooks w WHERE w.name = 'good'
"""


@contextmanager
def writing(database_url: str) -> Iterator[list[int]]:
    """Writes as 0.1.0 does, one transaction after the other; the numbers of those committed."""
    done: list[int] = []
    stopping = threading.Event()
    connection = psycopg2.connect(database_url)

    def write() -> None:
        for number in itertools.count(1):
            with connection, connection.cursor() as cursor:
                cursor.execute(OLD_WRITES, {"n": number})
            done.append(number)
            if stopping.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    yield done
    stopping.set()
    writer.join(PATIENCE_SECONDS)
    connection.close()


def test_a_database_of_0_1_0_is_upgraded_under_load_and_everything_goes_on(
    blank_database_url: str, redis_url: str
) -> None:
    releases.load_dump(blank_database_url)
    with writing(blank_database_url) as done:
        eventually(lambda: len(done) > 20, PATIENCE_SECONDS)
        assert migrate(blank_database_url) == pending_of_0_1_0()
        at_the_end = len(done)
        eventually(lambda: len(done) > at_the_end + 20, PATIENCE_SECONDS)
    assert pending(blank_database_url) == []

    settings = {
        **SETTINGS,
        **{"DATABASE_URL": blank_database_url, "REDIS_URL": redis_url},
        "SECRET_KEY": releases.SECRET_KEY,
        # The dump has the time of its making.
        "RETENTION_EVENTS_DAYS": "36500",
    }
    with temporary_system(settings) as system, Receiver() as receiver:
        rex = Rex(system.base_url, releases.API_KEY)
        expected = redirect(rex, receiver)
        owed = query(system, "SELECT id FROM deliveries WHERE status <> 'succeeded'")
        status, answer = rex.capture(email="lead0@example.com", phone="1")
        assert status == 202
        received = receiver.wait_for(lambda all: arrived(all, owed), PATIENCE_SECONDS)

        contact = rex.request("GET", f"/contacts/{answer['data']['id']}")[1]["data"]
        assert (contact["email"], contact["captures_count"]) == ("lead0@example.com", 3)
        assert all(verified_by(each, expected) for each in received)
        waiting = "SELECT count(*) FROM contacts WHERE email LIKE 'waiting%%'"
        eventually(lambda: query(system, waiting) == [(3,)], PATIENCE_SECONDS)
        ((captures, events),) = query(
            system,
            "SELECT (SELECT count(*) FROM captures WHERE status = 'recorded'),"
            " (SELECT count(*) FROM events WHERE type LIKE 'contact.%%')",
        )
    # An edit and a deletion by a key are events without a capture.
    assert (captures, events) == (25 + 3 + 1 + len(done), 27 + 3 + 1 + len(done))


def pending_of_0_1_0() -> list[str]:
    folder = Path(__file__).parents[2] / "app" / "storage" / "migrations"
    return sorted(each.stem for each in folder.glob("0*.py"))[1:]


def redirect(rex: Rex, receiver: Receiver) -> dict[str, str]:
    """Every webhook to that receiver, and active; the secret of each by its deliveries' header."""
    secrets = {}
    for webhook in rex.request("GET", "/webhooks")[1]["data"]:
        name = webhook["name"]
        secrets[f"token of {name}"] = f"whsec_{name}_of_the_first_release"
        edit = {"url": receiver.url, "status": "active"}
        assert rex.request("PATCH", f"/webhooks/{webhook['id']}", edit)[0] == 200
    return secrets


def arrived(received: list[Received], owed: list[tuple[Any, ...]]) -> bool:
    return {each for (each,) in owed} <= {each.headers["X-Rex-Delivery"] for each in received}


def verified_by(received: Received, secrets: dict[str, str]) -> bool:
    secret = secrets[received.headers["X-Token"]]
    return verify(secret, received.headers["X-Rex-Signature"], received.body)


class Load:
    """Posts leads to the given systems in turn until stopped; the ids of those accepted."""

    def __init__(self, *clients: Rex) -> None:
        self.clients = [*clients]
        self.accepted: list[str] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        for number in itertools.count():
            if self._stopping.wait(0.01):
                return
            rex = self.clients[number % len(self.clients)]
            status, answer = rex.capture(email=f"lead{number}@example.com")
            if status == 202:
                self.accepted.append(answer["data"]["id"])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.ident:
            self._thread.join(PATIENCE_SECONDS)

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def more(self, count: int) -> None:
        """Until that many more are accepted."""
        wanted = len(self.accepted) + count
        eventually(lambda: len(self.accepted) >= wanted, PATIENCE_SECONDS)


@pytest.mark.skipif(bool(releases.why_absent()), reason=releases.why_absent() or "-")
def test_workers_of_0_1_0_and_ours_run_side_by_side(own_embedded: Embedded, tmp_path: Path) -> None:
    releases.unpack(tmp_path)
    servers = {"DATABASE_URL": own_embedded.database_url, "REDIS_URL": own_embedded.redis_url}
    own = {"SECRET_KEY": releases.SECRET_KEY, "BOOTSTRAP_API_KEY": releases.API_KEY}
    common = {**SETTINGS, **UNLIMITED, **servers, **own, "ALLOW_PRIVATE_WEBHOOKS": "1"}
    old = {**os.environ, **common, "PORT": str(free_port())}
    releases.release(tmp_path, old)
    old_rex = Rex(f"http://127.0.0.1:{old['PORT']}", releases.API_KEY)

    with Receiver() as receiver, Load(old_rex) as load, ExitStack() as ours:
        with releases.running(tmp_path, old, own_embedded.run_folder):
            eventually(lambda: fault(old_rex.base_url) is None, PATIENCE_SECONDS)
            assert old_rex.request("POST", "/webhooks", {"url": receiver.url})[0] == 201
            load.start()
            load.more(50)
            # Its release step migrates, while the old processes run and are written to.
            system = ours.enter_context(temporary_system(common))
            assert pending(own_embedded.database_url) == []
            load.clients.append(Rex(system.base_url, releases.API_KEY))
            load.more(300)
            load.clients.remove(old_rex)
        load.more(50)
        load.stop()
        receiver.wait_for(lambda all: len(all) >= len(load.accepted), PATIENCE_SECONDS)
        found = query(
            system,
            "SELECT c.contact_id, d.status FROM captures c"
            " JOIN events e ON right(e.id, 26) = right(c.id, 26) OR e.contact_id = c.contact_id"
            " JOIN deliveries d ON d.event_id = e.id",
        )

    assert sorted(found) == sorted((each, "succeeded") for each in load.accepted)
    came = Counter(each.event["data"]["id"] for each in receiver.received)
    assert came == Counter(load.accepted), "each once"
