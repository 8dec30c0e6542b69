"""Whatever state a person is in, erasing leaves nothing of them: every table, every Redis key."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import redis

from app.domain.capture.capture import Capture
from app.domain.org.org import Org
from app.domain.times import now
from app.queue.entry import Entry, encode_entry
from app.queue.jobs import CAPTURES, KEYS, RECORD_CAPTURES, encode_job
from app.storage.capture import captures as capture_rows
from app.storage.capture import fallback
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client
from tests.factories import make_capture, make_org, make_webhook

EMAIL = "ada@example.com"
#: What would tell who somebody was.
WORDS = (EMAIL, "Adalovelace", "203.0.113.9", "AdasBrowser", "ada@exmaple.com")
#: Somebody else, who stays.
OTHER = "granada@example.com"


def everything(database: Database, redis_url: str) -> str:
    """Every row of every table, and every key of Redis with its value, as text."""
    with transaction(database) as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [text for (text,) in cursor.fetchall()]
        cursor.execute("SELECT encode(payload, 'escape') FROM unreadable_jobs")
        rows += [text for (text,) in cursor.fetchall()]
        cursor.execute("SELECT encode(response_body, 'escape') FROM attempts")
        rows += [str(text) for (text,) in cursor.fetchall()]
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        rows += [f"{key!r} {value_of(client, key)!r}" for key in client.scan_iter("*")]
    return "\n".join(rows)


def value_of(client: Any, key: bytes) -> object:
    read: dict[bytes, Callable[..., object]] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"list": lambda k: client.lrange(k, 0, -1),
        b"zset": lambda k: client.zrange(k, 0, -1, withscores=True),
        b"stream": client.xrange,
        b"none": lambda _: None,  # it has expired since it was found
    }
    return read[client.type(key)](key)


def traces(database: Database, redis_url: str) -> list[str]:
    text = everything(database, redis_url)
    # Another's address may end with this one.
    return [word for word in WORDS if re.search(rf"(?<![\w]){re.escape(word)}", text)]


@pytest.fixture
def org(database: Database, org: Org) -> Org:
    """The org with a webhook."""
    make_webhook(database, org)
    return org


def ada(org: Org, email: str = EMAIL, **fields: Any) -> Capture:
    fields |= {"first_name": "Adalovelace", "user_agent": "AdasBrowser"}
    return make_capture(org, email, client_address="203.0.113.9", **fields)


def store(database: Database, *captures: Capture) -> None:
    with transaction(database) as cursor:
        record(cursor, captures, now())


def rejected(org: Org, email: str) -> Capture:
    capture = ada(org, email, rejected=f"email did you mean {EMAIL}?")
    capture.contact_id = ""
    return capture


State = Callable[[Client, Database, Org, str], None]


def living(ask: Client, database: Database, org: Org, redis_url: str) -> None:
    store(database, ada(org), make_capture(org, OTHER))
    with transaction(database) as cursor:
        cursor.execute(
            "INSERT INTO attempts (delivery_id, number, id, started_at, result, response_body)"
            " SELECT id, 1, 'att_1', now(), 'retry', 'you sent ada@example.com' FROM deliveries"
            " ORDER BY id LIMIT 1"
        )


def deleted_already(ask: Client, database: Database, org: Org, redis_url: str) -> None:
    living(ask, database, org, redis_url)
    assert ask("DELETE", f"/contacts/{ada(org).contact_id}").status == 204


def deleted_under_another_address(
    ask: Client, database: Database, org: Org, redis_url: str
) -> None:
    capture = ada(org, "old@example.com")
    store(database, capture)
    assert ask("PATCH", f"/contacts/{capture.contact_id}", {"email": EMAIL}).status == 200
    store(database, ada(org))
    assert ask("DELETE", f"/contacts/{ada(org).contact_id}").status == 204


def quarantined(ask: Client, database: Database, org: Org, redis_url: str) -> None:
    store(database, ada(org, quarantine="honeypot"))


def rejected_only(ask: Client, database: Database, org: Org, redis_url: str) -> None:
    store(database, rejected(org, "ada@example.com,,"))


def mistyped_first(ask: Client, database: Database, org: Org, redis_url: str) -> None:
    mistyped = rejected(org, "ada@exmaple.com")
    mistyped.rejected = "email has no such domain"
    store(database, mistyped, ada(org))


def in_the_fallback_table(ask: Client, database: Database, org: Org, redis_url: str) -> None:
    both = [msgspec.json.encode(each) for each in (ada(org), make_capture(org, OTHER))]
    with transaction(database) as cursor:
        fallback.keep(cursor, both)
        fallback.keep(cursor, [msgspec.json.encode(rejected(org, "ada@exmaple.com"))])


def unreadable(ask: Client, database: Database, org: Org, redis_url: str) -> None:
    one = msgspec.to_builtins(ada(org)) | {"captures_of_the_future": 1}
    other = msgspec.to_builtins(make_capture(org, OTHER))
    jobs = [msgspec.json.encode([one, other]), msgspec.json.encode(one), b"half of ADA@example.com"]
    with transaction(database) as cursor:
        for job in jobs:
            capture_rows.keep_unreadable(cursor, "captures", job, "no")


def in_redis(ask: Client, database: Database, org: Org, redis_url: str) -> None:
    store(database, ada(org))
    lead = {"email": EMAIL, "first_name": "Adalovelace"}
    for headers in ({"idempotency_key": "one"}, {}, {"idempotency_key": "two", "x_api_key": None}):
        assert ask("POST", "/capture", lead, **headers).status == 202
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        client.delete(KEYS.stream(CAPTURES))  # they are recorded
        job = encode_job(RECORD_CAPTURES, [[ada(org), make_capture(org, OTHER)]])
        client.xadd(KEYS.dead_letters(CAPTURES), {"job": job, "reason": "x"})
        client.zadd(KEYS.retry(CAPTURES), {encode_entry(Entry(b"1-0", job)): 1})


STATES: list[State] = [
    living,
    deleted_already,
    deleted_under_another_address,
    quarantined,
    rejected_only,
    mistyped_first,
    in_the_fallback_table,
    unreadable,
    in_redis,
]


#: What was rejected has no contact, and so no id.
CASES = [(state, by) for state in STATES for by in ("id", "address") if state is not rejected_only]


@pytest.mark.parametrize(("state", "by"), [*CASES, (rejected_only, "address")])
def test_nothing_is_left_of_an_erased_person(
    ask: Client, database: Database, org: Org, redis_url: str, state: State, by: str
) -> None:
    state(ask, database, org, redis_url)
    before = everything(database, redis_url)
    assert traces(database, redis_url)
    exported = ask("POST", "/contacts/export", {"email": EMAIL})
    assert exported.status == 200
    assert "Adalovelace" in exported.body.decode()

    if by == "address":
        assert ask("POST", "/contacts/erase", {"email": "Ada@Example.com"}).status == 204
    else:
        assert ask("DELETE", f"/contacts/{ada(org).contact_id}?erase=true").status == 204

    assert traces(database, redis_url) == []
    after = everything(database, redis_url)
    assert (OTHER in after) == (OTHER in before)


def test_a_mistyped_capture_can_be_erased_by_what_was_typed(
    ask: Client, database: Database, org: Org, redis_url: str
) -> None:
    store(database, rejected(org, "ada@"), rejected(org, "grace@"))

    assert ask("POST", "/contacts/erase", {"email": "ada@"}).status == 204

    text = everything(database, redis_url)
    assert "grace@" in text
    assert '"ada@"' not in text


def test_a_quarantined_capture_from_before_the_erasure_is_emptied_when_it_arrives(
    ask: Client, database: Database, org: Org, redis_url: str
) -> None:
    late = ada(org, quarantine="honeypot")
    assert ask("POST", "/contacts/erase", {"email": EMAIL}).status == 204

    store(database, late)

    assert traces(database, redis_url) == []


def test_erasing_twice_is_harmless(ask: Client, database: Database, org: Org) -> None:
    store(database, ada(org))
    target = f"/contacts/{ada(org).contact_id}"

    assert [ask("DELETE", f"{target}?erase=true").status for _ in range(2)] == [204, 204]
    assert ask("GET", f"{target}/export").json["data"]["contact"] is None


def test_an_erasure_does_not_reach_into_another_org(
    ask: Client, database: Database, org: Org, redis_url: str
) -> None:
    other = make_org(database, "globex")
    store(database, ada(other), ada(other, quarantine="honeypot"))
    with transaction(database) as cursor:
        fallback.keep(cursor, [msgspec.json.encode(ada(other))])
    before = everything(database, redis_url).count(EMAIL)

    assert ask("DELETE", f"/contacts/{ada(other).contact_id}?erase=true").status == 404
    assert ask("POST", "/contacts/export", {"email": EMAIL}).status == 404
    assert ask("POST", "/contacts/erase", {"email": EMAIL}).status == 204

    assert everything(database, redis_url).count(EMAIL) == before


def test_an_export_has_everything(ask: Client, database: Database, org: Org) -> None:
    living(ask, database, org, "")
    store(database, ada(org, quarantine="honeypot"))

    data = ask("GET", f"/contacts/{ada(org).contact_id}/export").json["data"]

    assert data["contact"]["email"] == EMAIL
    assert [each["status"] for each in data["captures"]] == ["recorded", "quarantined"]
    assert [each["type"] for each in data["events"]] == ["contact.created"]
    assert [each["event_id"] for each in data["deliveries"]] == [data["events"][0]["id"]]
    assert [each["response_body"] for each in data["attempts"]] == ["you sent ada@example.com"]
    assert OTHER not in str(data)
