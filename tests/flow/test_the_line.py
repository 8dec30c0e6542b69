"""The whole road: a form's POST in, a verified webhook out, on real servers and processes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
import urllib3

from scripts.client import Rex
from scripts.receiver import Received, Receiver
from scripts.system.whole import WholeSystem
from tests.waiting import eventually

PATIENCE_SECONDS = 30.0


@contextmanager
def subscribed(
    rex: Rex, answer: Callable[[Mapping[str, str]], int] = lambda headers: 200, **fields: Any
) -> Iterator[Receiver]:
    """A receiver with a webhook of its own."""
    with Receiver(answer) as receiver:
        status, created = rex.request("POST", "/webhooks", {"url": receiver.url, **fields})
        assert status == 201, created
        receiver.secret = created["secret"]
        try:
            yield receiver
        finally:
            rex.request("DELETE", f"/webhooks/{created['data']['id']}")


def about(contact_id: str, received: list[Received]) -> list[Received]:
    """Without the leads of other tests, which may be recorded while this one runs."""
    return [each for each in received if each.event["data"].get("id") == contact_id]


def of(contact_id: str, count: int) -> Callable[[list[Received]], bool]:
    return lambda received: len(about(contact_id, received)) >= count


def query(system: WholeSystem, statement: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(system.settings.database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())
    finally:
        connection.close()


def test_a_new_lead_becomes_a_contact_an_event_and_a_verified_delivery(rex: Rex) -> None:
    with subscribed(rex, event_types=["contact.created"]) as receiver:
        status, answer = rex.capture(
            email="Ada@Example.com", first_name="Ada", metadata={"utm_source": "x"}
        )
        contact_id = answer["data"]["id"]
        (received,) = receiver.wait_for(of(contact_id, 1), PATIENCE_SECONDS)

    assert status == 202
    assert answer["data"]["email"] == "ada@example.com"
    assert answer["data"]["stage"] == "lead"
    assert received.verified
    assert set(received.event) == {"id", "event", "type", "timestamp", "data"}
    assert received.event["event"] == received.headers["X-Rex-Event"] == "contact.created"
    assert received.event["data"]["metadata"] == {"utm_source": "x"}
    assert received.event["id"] == received.headers["webhook-id"]
    assert received.headers["X-Rex-Attempt"] == "1"


def test_the_same_address_again_is_the_same_contact_and_an_update_with_changes(rex: Rex) -> None:
    with subscribed(rex) as receiver:
        _, first = rex.capture(email="grace@example.com", first_name="Grace")
        contact_id = first["data"]["id"]
        receiver.wait_for(of(contact_id, 1), PATIENCE_SECONDS)
        _, second = rex.capture(email="GRACE@example.com", last_name="Hopper")
        _, updated = receiver.wait_for(of(contact_id, 2), PATIENCE_SECONDS)

    assert second["data"]["id"] == contact_id
    assert second["data"]["first_name"] is None
    assert updated.event["event"] == "contact.updated"
    assert updated.event["data"]["changes"] == ["last_name"]
    assert updated.event["data"]["first_name"] == "Grace"
    assert updated.event["data"]["sequence"] == 2


def test_the_host_name_chooses_the_org(rex: Rex, system: WholeSystem) -> None:
    for host, status in (("acme.rex.test", 202), ("127.0.0.1", 202), ("nobody.rex.test", 404)):
        answer = urllib3.request(
            "POST",
            f"{system.base_url}/capture",
            body=b'{"email": "host@example.com"}',
            headers={"Content-Type": "application/json", "Host": host},
        )
        assert answer.status == status, host


def test_a_receiver_that_fails_twice_gets_three_attempts_with_growing_delays(rex: Rex) -> None:
    failures: Counter[str] = Counter()

    def fail_twice_each(headers: Mapping[str, str]) -> int:
        failures[headers["webhook-id"]] += 1
        return 500 if failures[headers["webhook-id"]] <= 2 else 200

    with subscribed(rex, fail_twice_each) as receiver:
        _, answer = rex.capture(email="retry@example.com")
        attempts = receiver.wait_for(of(answer["data"]["id"], 3), PATIENCE_SECONDS)

    attempts = about(answer["data"]["id"], attempts)
    assert [each.answered for each in attempts] == [500, 500, 200]
    assert [each.headers["X-Rex-Attempt"] for each in attempts] == ["1", "2", "3"]
    assert len({each.event["id"] for each in attempts}) == 1
    assert all(each.verified for each in attempts)
    first, second = (attempts[n + 1].at - attempts[n].at for n in range(2))
    # 0.4 s and 1.2 s, each ± 20 %, and never early.
    assert first >= 0.32
    assert second >= 0.96


def test_a_body_with_one_byte_changed_does_not_verify(rex: Rex) -> None:
    with subscribed(rex) as receiver:
        _, answer = rex.capture(email="tamper@example.com")
        arrived = receiver.wait_for(of(answer["data"]["id"], 1), PATIENCE_SECONDS)
        secret = receiver.secret

    (received,) = about(answer["data"]["id"], arrived)
    signature = received.headers["X-Rex-Signature"]
    changed = received.body.replace(b"tamper", b"tampes", 1)
    for verify in (_verify_in_python, _verify_in_node):
        assert verify(secret, signature, received.body)
        assert not verify(secret, signature, changed)


def test_a_deleted_webhook_gets_nothing_more(rex: Rex) -> None:
    with subscribed(rex) as receiver:
        pass
    rex.capture(email="after@example.com")
    with subscribed(rex) as another:
        _, answer = rex.capture(email="after2@example.com")
        another.wait_for(of(answer["data"]["id"], 1), PATIENCE_SECONDS)
    assert receiver.received == []


def test_a_thousand_captures_of_fifty_addresses_survive_the_killing_of_workers(
    rex: Rex, system: WholeSystem
) -> None:
    chance = random.Random(3)
    leads = [
        {"email": f"burst{number % 50}@example.com", "metadata": {"n": number}}
        for number in range(1000)
    ]
    chance.shuffle(leads)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda lead: rex.capture(**lead), leads[:500]))
        _kill_worker(system, "captures")
        answers += list(pool.map(lambda lead: rex.capture(**lead), leads[500:]))
        _kill_worker(system, "deliveries")

    assert {status for status, _ in answers} == {202}
    eventually(lambda: _recorded(system) == 1000)
    assert query(
        system,
        "SELECT e.type, count(*) FROM events e JOIN contacts c ON c.id = e.contact_id"
        " WHERE c.email LIKE 'burst%' GROUP BY 1 ORDER BY 1",
    ) == [("contact.created", 50), ("contact.updated", 950)]


def test_without_redis_captures_are_taken_and_recorded(rex: Rex, system: WholeSystem) -> None:
    system.embedded.valkey.freeze()
    try:
        status, answer = rex.capture(email="spilled@example.com")
        assert status == 202
        found = f"SELECT status FROM captures WHERE id = '{answer['data']['capture_id']}'"
        eventually(lambda: query(system, found) == [("recorded",)], PATIENCE_SECONDS)
    finally:
        system.embedded.valkey.thaw()


def _recorded(system: WholeSystem) -> int:
    (row,) = query(
        system,
        "SELECT count(*) FROM captures WHERE payload->>'email' LIKE 'burst%'"
        " AND status = 'recorded'",
    )
    return int(row[0])


def _kill_worker(system: WholeSystem, role: str) -> None:
    """Kill -9 of a role's process in the middle of its work; it is started again."""
    pid = system.processes.children[role].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def _verify_in_python(secret: str, signature: str, body: bytes) -> bool:
    import hashlib
    import hmac

    timestamp, value = (part.split("=")[1] for part in signature.split(","))
    expected = hmac.new(
        secret.encode(), f"{timestamp}.{body.decode()}".encode(), hashlib.sha256
    ).hexdigest()
    return hmac.compare_digest(expected, value)


def _verify_in_node(secret: str, signature: str, body: bytes) -> bool:
    script = """
    const crypto = require('crypto')
    const [secret, header, body] = process.argv.slice(1)
    const [t, v1] = header.split(',').map(part => part.split('=')[1])
    const expected = crypto.createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
    process.exit(crypto.timingSafeEqual(Buffer.from(v1), Buffer.from(expected)) ? 0 : 1)
    """
    try:
        done = subprocess.run(["node", "-e", script, secret, signature, body.decode()], check=False)
    except FileNotFoundError:
        pytest.skip("node is not installed: the Node verification was not run")
    return done.returncode == 0
