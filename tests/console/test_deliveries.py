"""Deliveries of all webhooks: filtered, grouped by cause, sent again together, exported."""

from __future__ import annotations

import csv
import io
import re

import pytest

from app.domain.org.org import Org
from app.domain.org.user import Role
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.console.conftest import Admit
from tests.factories import make_capture, make_webhook
from tests.visitor import text_of

PATH = "/console/deliveries"


@pytest.fixture
def hooks(database: Database, org: Org) -> list[str]:
    """Two webhooks and three leads: six deliveries, of which the first lead's succeeded.

    Of the others CRM's failed with 503, Mail's with 503 and for a time-out.
    """
    ids = [make_webhook(database, org, name=name).id for name in ("CRM", "Mail")]
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, f"lead{n}@example.com") for n in range(3)], now())
        cursor.execute("SELECT id, webhook_id FROM deliveries ORDER BY event_id, webhook_id")
        rows = cursor.fetchall()
        outcomes = ["ok", "ok", "503", "503", "503", "timeout"]
        for (delivery_id, _), outcome in zip(rows, outcomes, strict=True):
            status = "succeeded" if outcome == "ok" else "failed"
            cursor.execute(
                "UPDATE deliveries SET status = %s, attempts = 2, settled_at = now(),"
                " next_attempt_at = NULL, last_result = %s WHERE id = %s",
                (status, status, delivery_id),
            )
            cursor.execute(
                "INSERT INTO attempts (delivery_id, number, id, started_at, status, error, result)"
                " VALUES (%s, 2, %s, now(), %s, %s, %s)",
                (
                    *(delivery_id, f"att_{delivery_id}", 503 if outcome == "503" else None),
                    *("timeout" if outcome == "timeout" else None, status),
                ),
            )
    return ids


def statuses(database: Database) -> list[str]:
    with transaction(database) as cursor:
        cursor.execute("SELECT status FROM deliveries ORDER BY event_id, webhook_id")
        return [status for (status,) in cursor.fetchall()]


#: A search, and how many deliveries fit.
SEARCHES = {
    "": 6,
    "status=succeeded": 2,
    "status=failed": 4,
    "status=nonsense": 6,
    "webhook={mail}": 3,
    "webhook={mail}&status=failed&type=contact.created": 2,
    "type=ping": 0,
    "cause=503": 3,
    "cause=timeout": 1,
    "cause=503&webhook={mail}": 1,
    "cause=never": 0,
}


def test_the_filters_are_in_the_url(admit: Admit, hooks: list[str]) -> None:
    visitor = admit(Role.VIEWER)
    for search, count in SEARCHES.items():
        reply = visitor.get(f"{PATH}?{search.format(mail=hooks[1])}")
        assert reply.status == 200, search
        assert reply.body.count(b"<tr data-href") == count, search
        assert ("No delivery matches" in text_of(reply)) is (not count), search


def test_failures_are_grouped_by_cause_whatever_the_webhook(admit: Admit, hooks: list[str]) -> None:
    said = text_of(admit(Role.VIEWER).get(f"{PATH}?status=failed"))
    assert re.search(r"503 at (Mail, CRM|CRM, Mail) 3", said)
    assert "timeout at Mail 1" in said


def test_all_that_match_are_sent_again_after_they_were_counted(
    admit: Admit, hooks: list[str], database: Database
) -> None:
    visitor = admit(Role.OPERATOR)
    page = visitor.get(f"{PATH}/retry-all?cause=503")
    assert "Send 3 failed deliveries again?" in text_of(page)
    assert statuses(database).count("failed") == 4
    reply = visitor.post(f"{PATH}/retry-all", {"cause": "503"})
    assert "3 deliveries are sent again now" in text_of(visitor.follow(reply))
    assert statuses(database) == ["succeeded"] * 2 + ["pending"] * 3 + ["failed"]
    assert "No failed delivery matches" in text_of(visitor.get(f"{PATH}/retry-all?cause=503"))
    reply = visitor.post(f"{PATH}/retry-all", {"cause": "503"})
    assert "0 deliveries are sent again" in text_of(visitor.follow(reply))
    with transaction(database) as cursor:
        cursor.execute("SELECT details FROM audit_log WHERE action = 'delivery.retried_together'")
        assert cursor.fetchall() == [({"deliveries": 3},)]


def test_none_that_failed_after_the_count_or_of_a_deleted_webhook_is_sent_again(
    admit: Admit, hooks: list[str], database: Database
) -> None:
    visitor = admit(Role.OPERATOR)
    visitor.get(f"{PATH}/retry-all")
    with transaction(database) as cursor:
        cursor.execute("UPDATE webhooks SET status = 'deleted' WHERE id = %s", (hooks[0],))
        cursor.execute("SELECT min(id) FROM deliveries WHERE status = 'failed'")
        ((first,),) = cursor.fetchall()
    visitor.post(f"{PATH}/retry-all", {"last": first})
    sent = statuses(database).count("pending")
    visitor.post(f"{PATH}/retry-all")
    assert (sent, statuses(database).count("pending")) in {(0, 2), (1, 2)}


def test_a_delivery_shows_request_and_attempts(
    admit: Admit, hooks: list[str], database: Database
) -> None:
    with transaction(database) as cursor:
        cursor.execute("SELECT max(id) FROM deliveries")
        ((delivery_id,),) = cursor.fetchall()
    said = text_of(admit(Role.VIEWER).get(f"{PATH}/{delivery_id}"))
    assert "contact.created" in said
    assert "webhook-id" in said
    assert admit(Role.VIEWER, "b@example.com").get(f"{PATH}/dlv_nonsense").status == 404


def test_exports_have_what_is_filtered(admit: Admit, hooks: list[str]) -> None:
    visitor = admit(Role.OPERATOR)
    reply = visitor.get(f"{PATH}/export?status=failed")
    rows = list(csv.DictReader(io.StringIO(reply.body.decode())))
    assert [row["status"] for row in rows] == ["failed"] * 4
    assert {row["last_status"] for row in rows} == {"503", ""}
    assert visitor.get(f"{PATH}/export?as=ndjson").body.count(b"\n") == 6


def test_one_cause_is_listed_page_by_page(admit: Admit, database: Database, org: Org) -> None:
    make_webhook(database, org)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, f"lead{n}@example.com") for n in range(60)], now())
        cursor.execute("UPDATE deliveries SET status = 'failed', next_attempt_at = NULL")
        cursor.execute(
            "INSERT INTO attempts (delivery_id, number, id, started_at, status, result)"
            " SELECT id, 1, 'att_' || substr(id, 5), now(), 500, 'failed' FROM deliveries"
        )
    visitor = admit(Role.VIEWER)
    first = visitor.get(f"{PATH}?cause=500")
    assert first.body.count(b"<tr data-href") == 50
    (older,) = re.findall(rb'rel="next" href="([^"]+)"', first.body)
    last = visitor.get(older.decode().replace("&amp;", "&"))
    assert last.body.count(b"<tr data-href") == 10
    assert b'rel="next"' not in last.body
