"""Contacts through the API: what each call answers, and the event that it leaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.domain.ids import derive_contact_id
from app.domain.org.api_key import Scope
from app.domain.org.org import Org
from app.domain.times import now
from app.storage.database import Database, TransactionConflict, transaction
from app.storage.recording import record
from tests.api.conftest import make_key
from tests.asgi import Client
from tests.factories import make_capture


def created(ask: Client, email: str = "ada@example.com", **fields: object) -> dict[str, Any]:
    reply = ask("POST", "/contacts", {"email": email, **fields})
    assert reply.status == 201, reply.body
    data: dict[str, Any] = reply.json["data"]
    return data


def events(ask: Client) -> list[tuple[str, int]]:
    items = ask("GET", "/events?limit=200").json["data"]
    return [(item["type"], item["data"]["sequence"]) for item in items]


def capture(database: Database, org: Org, email: str, **fields: Any) -> str:
    """Record a capture as a worker would; the id that it was answered with."""
    accepted = make_capture(org, email, **fields)
    while True:
        try:
            with transaction(database) as cursor:
                record(cursor, [accepted], now())
        except TransactionConflict:
            continue
        return accepted.contact_id


def test_a_created_contact_has_the_id_that_its_address_stands_for(ask: Client, org: Org) -> None:
    contact = created(ask, "  Ada@Example.COM ", first_name=" Ada ", last_name="")
    assert contact["id"] == derive_contact_id(org.created_ms, org.id_secret, "ada@example.com")
    assert (contact["email"], contact["first_name"]) == ("ada@example.com", "Ada")
    assert (contact["last_name"], contact["source"], contact["captures_count"]) == (
        None,
        "other",
        0,
    )
    assert ask("GET", f"/contacts/{contact['id']}").json["data"] == contact
    assert events(ask) == [("contact.created", 1)]


def test_a_taken_address_is_a_conflict_that_names_its_contact(ask: Client) -> None:
    contact = created(ask)
    reply = ask("POST", "/contacts", {"email": "ADA@example.com"})
    assert reply.status == 409
    assert reply.json["error"]["code"] == "conflict"
    assert reply.json["error"]["existing_id"] == contact["id"]


def test_an_upsert_creates_and_then_changes_and_then_is_silent(ask: Client) -> None:
    body = {"email": "ada@example.com", "stage": "prospect"}
    assert ask("POST", "/contacts/upsert", body).status == 201
    body["first_name"] = "Ada"
    second = ask("POST", "/contacts/upsert", body)
    assert (second.status, second.json["data"]["first_name"]) == (200, "Ada")
    assert ask("POST", "/contacts/upsert", body).status == 200
    assert events(ask) == [("contact.created", 1), ("contact.updated", 2)]


def test_null_and_empty_clear_a_field_and_absence_leaves_it(ask: Client) -> None:
    contact = created(ask, first_name="Ada", phone="1", metadata={"a": 1, "b": 2})
    edit = {"phone": None, "metadata": {"a": None, "c": 3}}
    edited = ask("PATCH", f"/contacts/{contact['id']}", edit).json["data"]
    assert (edited["first_name"], edited["phone"]) == ("Ada", None)
    assert edited["metadata"] == {"b": 2, "c": 3}
    last = ask("GET", "/events").json["data"][-1]
    assert sorted(last["data"]["changes"]) == ["metadata", "phone"]


def test_a_keyed_source_outlives_captures(ask: Client, database: Database, org: Org) -> None:
    contact = created(ask, source="event")
    assert capture(database, org, "ada@example.com", source="paid") == contact["id"]
    assert ask("GET", f"/contacts/{contact['id']}").json["data"]["source"] == "event"


def test_every_id_that_was_answered_resolves_after_the_address_changed(
    ask: Client, database: Database, org: Org
) -> None:
    first = created(ask, "old@example.com")["id"]
    edited = ask("PATCH", f"/contacts/{first}", {"email": "new@example.com"})
    assert (edited.status, edited.json["data"]["email"]) == (200, "new@example.com")
    answered = capture(database, org, "new@example.com", first_name="Ada")
    assert answered != first
    for contact_id in (first, answered, capture(database, org, "old@example.com")):
        found = ask("GET", f"/contacts/{contact_id}").json["data"]
        assert (found["id"], found["email"]) == (first, "new@example.com")
    history = ask("GET", f"/contacts/{first}/captures").json["data"]
    assert [item["contact_id"] for item in history] == [first, answered]
    conflict = ask("POST", "/contacts", {"email": "old@example.com"})
    assert (conflict.status, conflict.json["error"]["existing_id"]) == (409, first)


def test_an_address_of_another_contact_cannot_be_taken(ask: Client) -> None:
    one, other = created(ask, "one@example.com"), created(ask, "other@example.com")
    reply = ask("PATCH", f"/contacts/{one['id']}", {"email": "other@example.com"})
    assert (reply.status, reply.json["error"]["existing_id"]) == (409, other["id"])
    assert ask("PATCH", f"/contacts/{one['id']}", {"email": "third@example.com"}).status == 200
    reply = ask("PATCH", f"/contacts/{other['id']}", {"email": "third@example.com"})
    assert (reply.status, reply.json["error"]["existing_id"]) == (409, one["id"])


def test_a_deleted_contact_is_gone_and_begins_anew(
    ask: Client, database: Database, org: Org
) -> None:
    contact = created(ask, "old@example.com", first_name="Ada")
    ask("PATCH", f"/contacts/{contact['id']}", {"email": "new@example.com"})
    assert ask("DELETE", f"/contacts/{contact['id']}").status == 204
    assert ask("DELETE", f"/contacts/{contact['id']}").status == 404
    assert ask("GET", f"/contacts/{contact['id']}").status == 404
    assert ask("GET", "/contacts").json["data"] == []
    goodbye = ask("GET", "/events").json["data"][-1]
    assert (goodbye["type"], goodbye["data"]["first_name"]) == ("contact.deleted", "Ada")
    for email in ("old@example.com", "new@example.com"):
        answered = capture(database, org, email)
        again = ask("GET", f"/contacts/{answered}").json["data"]
        assert (again["id"], again["email"], again["first_name"]) == (answered, email, None)
    assert events(ask) == [
        ("contact.created", 1),
        ("contact.updated", 2),
        ("contact.deleted", 3),
        ("contact.created", 4),
        ("contact.created", 1),
    ]


def test_an_address_that_changes_hands_while_it_is_captured_keeps_one_contact(
    ask: Client, database: Database, org: Org
) -> None:
    def change(number: int) -> None:
        contact = created(ask, f"a{number}@example.com")["id"]
        ask("PATCH", f"/contacts/{contact}", {"email": f"b{number}@example.com"})
        ask("DELETE", f"/contacts/{contact}")

    answered: list[str] = []

    def submit(number: int) -> None:
        answered.extend(capture(database, org, f"b{number}@example.com") for _ in range(5))

    rounds = range(12)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda pair: pair[0](pair[1]), zip_jobs(change, submit, rounds)))
    for number in rounds:
        contact_id = capture(database, org, f"b{number}@example.com")
        found = ask("GET", f"/contacts/{contact_id}").json["data"]
        assert found["email"] == f"b{number}@example.com"


def zip_jobs(
    one: Callable[[int], None], other: Callable[[int], None], rounds: range
) -> list[tuple[Callable[[int], None], int]]:
    return [(job, number) for number in rounds for job in (one, other)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": 1}, "email"),
        ({"email": "a@example.com", "stage": "gold"}, "stage"),
        ({"email": "a@example.com", "id": "cont_1"}, "id"),
        ({"email": "a@example.com", "first_name": "x" * 201}, "first_name"),
        ({"email": "a@example.com", "linkedin_url": "javascript:x"}, "linkedin_url"),
        ({"email": "a@example.com", "first_name": "a\0b"}, "first_name"),
        ({"email": "a@example.com", "metadata": {"a\0": 1}}, "metadata"),
        ({"email": "a@example.com", "metadata": {"a": "x" * 17_000}}, "metadata"),
        ({"email": "a@example.com", "metadata": {"a": [[[[[1]]]]]}}, "metadata"),
        ({"email": "a@example.com", "metadata": {str(n): n for n in range(101)}}, "metadata"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_field(
    ask: Client, body: dict[str, object], field: str
) -> None:
    reply = ask("POST", "/contacts", body)
    assert (reply.status, reply.json["error"]["field"]) == (422, field)


def test_a_backslash_before_u0000_is_no_nul(ask: Client) -> None:
    assert created(ask, first_name="\\u0000")["first_name"] == "\\u0000"


def test_lists_filter_sort_and_page_without_gaps_while_contacts_come_and_go(ask: Client) -> None:
    ids = [created(ask, f"c{n}@example.com", stage="prospect")["id"] for n in range(7)]
    created(ask, "lead@example.com")
    seen, cursor = [], ""
    while True:
        target = f"/contacts?stage=prospect&limit=2&sort=created_at&fields=id,email&cursor={cursor}"
        page = ask("GET", target).json
        seen += [item["id"] for item in page["data"]]
        assert page["meta"] == {"cursor": page["next_cursor"], "has_more": page["has_more"]}
        assert all(set(item) == {"id", "email"} for item in page["data"])
        if not page["has_more"]:
            break
        cursor = page["next_cursor"]
        if len(seen) == 2:
            ask("DELETE", f"/contacts/{seen[-1]}")
            created(ask, "later@example.com")
    assert seen == ids
    backwards = ask("GET", "/contacts?sort=-email&limit=3").json["data"]
    assert [item["email"][:4] for item in backwards] == ["lead", "late", "c6@e"]
    found = ask("GET", "/contacts?email=C3@example.com").json["data"]
    assert [item["id"] for item in found] == [ids[3]]
    assert ask("GET", "/contacts?created_after=2100-01-01T00:00:00Z").json["data"] == []
    assert len(ask("GET", "/contacts?created_before=2100-01-01").json["data"]) == 8


def test_a_plus_in_an_address_needs_no_encoding(ask: Client) -> None:
    tagged = created(ask, "ada+news@example.com")["id"]

    found = ask("GET", "/contacts?email=ada+news@example.com").json["data"]

    assert [item["id"] for item in found] == [tagged]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("sort=stage", "sort"),
        ("stage=gold", "stage"),
        ("fields=id,secret", "fields"),
        ("cursor=nonsense", "cursor"),
        ("cursor=WyIteCIsIjEiXQ", "cursor"),
        ("created_after=yesterday", "created_after"),
        ("created_after=0001-01-01T00:00:00Z", "created_after"),
        ("stagee=lead", "stagee"),
        ("email=%00", "email"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(ask: Client, query: str, field: str) -> None:
    reply = ask("GET", f"/contacts?{query}")
    assert (reply.status, reply.json["error"]["field"]) == (422, field)


def test_a_cursor_of_another_order_is_refused(ask: Client) -> None:
    for number in range(2):
        created(ask, f"c{number}@example.com")
    cursor = ask("GET", "/contacts?limit=1").json["next_cursor"]
    assert ask("GET", f"/contacts?limit=1&cursor={cursor}").status == 200
    assert ask("GET", f"/contacts?limit=1&sort=email&cursor={cursor}").status == 422


def test_keys_open_what_their_scope_allows_in_their_own_org(
    ask: Client, database: Database, org: Org
) -> None:
    reading = make_key(database, org, Scope.READ)
    ask("POST", "/contacts", {"email": "a@example.com"})
    for key, method, status in (
        (None, "GET", 401),
        ("rex_live_wrong", "GET", 401),
        (reading, "POST", 403),
        (reading, "GET", 200),
    ):
        reply = wait_for_status(ask, method, status, key)
        assert reply == status
    assert ask("GET", "/contacts", host="nobody.localhost").status == 404


def wait_for_status(ask: Client, method: str, status: int, key: str | None) -> int:
    """A key that was made behind the application's back is known within a second."""
    deadline = time.monotonic() + 30
    while True:
        got = ask(method, "/contacts", {"email": "b@example.com"}, x_api_key=key).status
        if got == status or time.monotonic() > deadline:
            return got
