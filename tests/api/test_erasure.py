"""Erasing a person through the API: nothing of theirs is left, not in Redis either."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from app.domain.org.org import Org
from app.domain.times import now
from app.queue.admission import PREFIX
from app.queue.entry import Entry, encode_entry
from app.queue.erasure import first_answer_key
from app.queue.jobs import CAPTURES, KEYS, RECORD_CAPTURES, encode_job
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client
from tests.factories import make_capture

LEAD = {"email": "ada@example.com", "first_name": "Adalovelace"}


def first_answers(redis_url: str, org: Org) -> str:
    """Everything that the admission remembers of the org's answers."""
    with redis.Redis.from_url(redis_url) as client:
        keys = list(client.scan_iter(PREFIX + first_answer_key(org.id, "*")))
        return " ".join(str(value) for value in client.mget(keys))


@pytest.mark.parametrize("api_key", [{}, {"x_api_key": None}], ids=["keyed", "anonymous"])
def test_after_an_erasure_a_repeated_post_is_a_new_capture(
    ask: Client, database: Database, org: Org, redis_url: str, api_key: dict[str, None]
) -> None:
    sent = dict(LEAD), {"email": "grace@example.com", "first_name": "Gracehopper"}
    answers = [
        ask("POST", "/capture", lead, idempotency_key=f"form-{n}", **api_key).json["data"]
        for n, lead in enumerate(sent)
    ]
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, LEAD["email"])], now())
    assert "Adalovelace" in first_answers(redis_url, org)

    assert ask("DELETE", f"/contacts/{answers[0]['id']}?erase=true").status == 204

    left = first_answers(redis_url, org)
    assert "Adalovelace" not in left
    assert answers[0]["id"] not in left
    assert "Gracehopper" in left
    again = ask("POST", "/capture", LEAD, idempotency_key="form-0", **api_key)
    assert again.status == 202
    assert again.json["data"]["email"] == LEAD["email"]
    assert again.json["data"]["capture_id"] != answers[0]["capture_id"]


def test_failed_jobs_forget_an_erased_person_and_keep_everybody_else(
    ask: Client, database: Database, org: Org, redis_url: str
) -> None:
    ada, grace = (make_capture(org, f"{name}@example.com") for name in ("ada", "grace"))
    with transaction(database) as cursor:
        record(cursor, [ada], now())
    jobs = [encode_job(RECORD_CAPTURES, [each]) for each in ([ada, grace], [ada], [grace])]
    dead, retry = KEYS.dead_letters(CAPTURES), KEYS.retry(CAPTURES)
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        for number, job in enumerate([*jobs, b"half a job of ada@example.com", b"rubbish"]):
            client.xadd(dead, {"job": job, "reason": f"reason {number}"})
        client.zadd(retry, {encode_entry(Entry(b"%d-0" % n, job)): n for n, job in enumerate(jobs)})

        assert ask("DELETE", f"/contacts/{ada.contact_id}?erase=true").status == 204

        letters: Any = client.xrange(dead)
        kept = sorted(fields[b"reason"].decode() for _, fields in letters)
        retries: Any = client.zrange(retry, 0, -1, withscores=True)
        left = repr([letters, retries])
    assert kept == ["reason 0", "reason 2", "reason 4"]
    assert [score for _, score in retries] == [0, 2]
    assert "ada@example.com" not in left
    assert left.count("grace@example.com") == 4


def test_a_contact_that_is_not_there_cannot_be_erased(ask: Client) -> None:
    assert ask("DELETE", "/contacts/cont_01ARZ3NDEKTSV4RRFFQ69G5FAV?erase=true").status == 404
