"""A person who is erased is nowhere any more, and does not come back by an old capture."""

from __future__ import annotations

from typing import Any

from app.domain.delivery.attempt import Timings
from app.domain.ids import new_id
from app.domain.times import now
from app.storage.contact import contact_service
from app.storage.database import Database, transaction
from app.storage.delivery import claims, deliveries
from app.storage.delivery.claims import Claimed, Wanted
from app.storage.delivery.deliveries import Settled
from app.storage.person import erasure, person
from app.storage.recording import record
from tests.factories import make_capture, make_org, make_webhook

_TABLES = ("contacts", "captures", "events", "deliveries", "contact_aliases", "inbox")


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with transaction(database) as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def everything(database: Database) -> str:
    return "\n".join(
        str(row) for table in _TABLES for row in rows(database, f"SELECT t::text FROM {table} t")
    )


def test_every_trace_goes_and_what_is_owed_is_cancelled(database: Database) -> None:
    org = make_org(database)
    make_webhook(database, org)
    capture = make_capture(
        org,
        "ada@example.com",
        first_name="Adalovelace",
        metadata={"note": "secretnote"},
        client_address="203.0.113.9",
        user_agent="Firefox",
    )
    with transaction(database) as cursor:
        record(cursor, [capture], now())
    assert all(word in everything(database) for word in ("ada@", "Adalovelace", "secretnote"))

    with transaction(database) as cursor:
        erasure.erase(cursor, person.find(cursor, org, capture.contact_id))

    left = everything(database)
    for word in ("ada@", "Adalovelace", "secretnote", "203.0.113.9", "Firefox"):
        assert word not in left
    assert rows(database, "SELECT event_type, status FROM deliveries ORDER BY 1") == [
        ("contact.created", "cancelled"),
        ("contact.deleted", "pending"),
    ]


def test_what_receivers_answered_goes_too_also_when_it_comes_after_the_erasure(
    database: Database,
) -> None:
    org = make_org(database)
    webhook = make_webhook(database, org)
    capture = make_capture(org, "ada@example.com", first_name="Ada")
    with transaction(database) as cursor:
        record(cursor, [capture, make_capture(org, "grace@example.com")], now())
        both = claims.claim(cursor, [Wanted(webhook.id, 2, 0, 30.0)], "tester")
    of_ada = next(claimed for claimed in both if claimed.contact_id == capture.contact_id)
    of_grace = next(claimed for claimed in both if claimed is not of_ada)
    early, late = (settled(of_ada, number) for number in (1, 2))
    with transaction(database) as cursor:
        deliveries.settle(cursor, [early, settled(of_grace, 1)])
        cursor.execute("UPDATE deliveries SET status = 'attempting', lease = %s", (late.lease,))

    with transaction(database) as cursor:
        erasure.erase(cursor, person.find(cursor, org, capture.contact_id))
    with transaction(database) as cursor:
        assert deliveries.settle(cursor, [late]) == set()

    answers = (
        "SELECT number, response_headers, encode(response_body, 'escape') FROM attempts"
        " WHERE delivery_id = '{}' ORDER BY number"
    )
    assert rows(database, answers.format(of_ada.id)) == [(1, [], None), (2, [], None)]
    assert rows(database, answers.format(of_grace.id)) == [(1, [["echo", "Ada"]], "ok")]
    status = "SELECT status, last_result, lease FROM deliveries WHERE id = '{}'"
    assert rows(database, status.format(of_ada.id)) == [("cancelled", "erased", None)]


def settled(claimed: Claimed, number: int) -> Settled:
    """A refusal whose answer gives back what was sent."""
    return Settled(
        delivery_id=claimed.id,
        event_id=claimed.event_id,
        lease=claimed.lease,
        number=number,
        status="pending",
        failures=1,
        deferrals=0,
        delay_seconds=60.0,
        result="retry",
        attempt_id=new_id("att"),
        started_at=now(),
        http_status=500,
        error=None,
        error_detail=None,
        address="127.0.0.1:1",
        timings=Timings(total_ms=1),
        response_headers=(("echo", "Ada"),),
        response_body="b2s=",
    )


def test_a_capture_from_before_the_erasure_does_not_bring_the_person_back(
    database: Database,
) -> None:
    org = make_org(database)
    first = make_capture(org, "ada@example.com")
    late = make_capture(org, "ada@example.com", first_name="Ada")
    late_elsewhere = make_capture(org, "new@example.com", first_name="Ada")
    with transaction(database) as cursor:
        record(cursor, [first], now())
        contact_service.edit(
            cursor,
            org.id,
            first.contact_id,
            {"email": "new@example.com"},
            late_elsewhere.contact_id,
        )
    with transaction(database) as cursor:
        erasure.erase(cursor, person.find(cursor, org, first.contact_id))

    with transaction(database) as cursor:
        record(cursor, [late, late_elsewhere], now())

    assert "Ada" not in everything(database)
    assert rows(database, "SELECT count(*) FROM contacts WHERE deleted_at IS NULL") == [(0,)]
    assert rows(database, "SELECT status, reason FROM captures WHERE reason IS NOT NULL") == [
        ("rejected", "erased"),
        ("rejected", "erased"),
    ]


def test_a_capture_after_the_erasure_is_a_new_decision(database: Database) -> None:
    org = make_org(database)
    first = make_capture(org, "ada@example.com", phone="1")
    with transaction(database) as cursor:
        record(cursor, [first], now())
        erasure.erase(cursor, person.find(cursor, org, first.contact_id))

    with transaction(database) as cursor:
        record(cursor, [make_capture(org, "ada@example.com", first_name="Ada")], now())

    assert rows(database, "SELECT id, email, first_name, phone, deleted_at FROM contacts") == [
        (first.contact_id, "ada@example.com", "Ada", None, None)
    ]
