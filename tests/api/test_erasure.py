"""Erasing a person through the API: nothing of theirs is left, not in Redis either."""

from __future__ import annotations

import pytest
import redis

from app.domain.org import Org
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client
from tests.factories import make_capture

LEAD = {"email": "ada@example.com", "first_name": "Adalovelace"}


def first_answers(redis_url: str, org: Org) -> str:
    """Everything that the gate remembers of the org's answers."""
    url, _, queue_db = redis_url.rpartition("/")
    with redis.Redis.from_url(f"{url}/{int(queue_db) + 1}") as client:
        keys = list(client.scan_iter(f"idem:{org.id}:*"))
        return " ".join(str(value) for value in client.mget(keys))


@pytest.mark.parametrize("api_key", [{}, {"x_api_key": None}], ids=["keyed", "anonymous"])
def test_first_answers_forget_an_erased_person_and_still_stand_for_their_keys(
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
    assert "ada@example.com" not in left
    assert "Gracehopper" in left
    again = ask("POST", "/capture", LEAD, idempotency_key="form-0", **api_key)
    assert (again.status, again.json["data"]) == (
        202,
        {**answers[0], "email": "", "first_name": None},
    )


def test_a_contact_that_is_not_there_cannot_be_erased(ask: Client) -> None:
    assert ask("DELETE", "/contacts/cont_01ARZ3NDEKTSV4RRFFQ69G5FAV?erase=true").status == 404
