"""What was sent, where it went and what came of it, as the API shows it."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest

from app.domain.ids import new_id
from app.domain.org.org import Org
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client, Reply
from tests.factories import make_capture, make_org, make_webhook

HEADERS = {"Authorization": "Bearer very-secret"}


def record_captures(database: Database, org: Org, *emails: str) -> list[str]:
    """The contact ids of captures that were recorded one after the other."""
    captures = [make_capture(org, email) for email in emails]
    with transaction(database) as cursor:
        record(cursor, captures, now())
    return [capture.contact_id for capture in captures]


def attempted(database: Database, delivery_id: str, *answers: int | str) -> None:
    """Note attempts that got a status, or an error."""
    with transaction(database) as cursor:
        for number, answer in enumerate(answers, 1):
            status, error = (answer, None) if isinstance(answer, int) else (None, answer)
            cursor.execute(
                "INSERT INTO attempts (delivery_id, number, id, started_at, status, error, result)"
                " VALUES (%s, %s, %s, now(), %s, %s, 'retry')",
                (delivery_id, number, new_id("att"), status, error),
            )


def ids(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.body
    return [item["id"] for item in reply.json["data"]]


def everything(ask: Client, target: str) -> list[str]:
    """The ids on all pages."""
    found, cursor = [], ""
    while True:
        page = ask("GET", f"{target}&limit=2&cursor={cursor}")
        found += ids(page)
        if not page.json["has_more"]:
            return found
        cursor = page.json["next_cursor"]


def test_deliveries_of_all_webhooks_are_one_list(ask: Client, database: Database, org: Org) -> None:
    one, other = make_webhook(database, org), make_webhook(database, org)
    stranger = make_org(database, "stranger")
    make_webhook(database, stranger)
    record_captures(database, stranger, "x@example.com")
    ada, _, _ = record_captures(database, org, "ada@example.com", "b@example.com", "c@example.com")
    record_captures(database, org, "ada@example.com")
    per_webhook = {
        webhook.id: ids(ask("GET", f"/webhooks/{webhook.id}/deliveries"))
        for webhook in (one, other)
    }
    newest_first = sorted((each for its in per_webhook.values() for each in its), reverse=True)
    assert len(newest_first) == 8
    assert everything(ask, "/deliveries?sort=-created_at") == newest_first
    assert everything(ask, "/deliveries?sort=created_at") == newest_first[::-1]
    assert everything(ask, f"/deliveries?webhook_id={other.id}") == per_webhook[other.id]
    assert everything(ask, f"/deliveries?webhook_id=wh_{one.id[4:]}") == per_webhook[one.id]
    assert len(everything(ask, "/deliveries?event_type=contact.updated")) == 2
    hers = everything(ask, f"/deliveries?contact_id={ada}")
    assert [ask("GET", f"/deliveries/{each}").json["data"]["contact_id"] for each in hers] == [
        ada
    ] * 4
    assert hers == sorted(hers, reverse=True)
    assert len(everything(ask, f"/deliveries?contact_id={ada}&webhook_id={one.id}")) == 2
    assert everything(ask, "/deliveries?since=2100-01-01T00:00:00Z") == []
    assert everything(ask, f"/deliveries?webhook_id={new_id('whk')}") == []


def test_held_and_pending_deliveries_are_told_apart_webhook_by_webhook(
    ask: Client, database: Database, org: Org
) -> None:
    paused, active = make_webhook(database, org), make_webhook(database, org)
    record_captures(database, org, "ada@example.com")
    ask("PATCH", f"/webhooks/{paused.id}", {"status": "paused"})
    for status, webhook in (("held", paused), ("pending", active)):
        (found,) = ask("GET", f"/deliveries?status={status}").json["data"]
        assert (found["webhook_id"], found["status"]) == (webhook.id, status)
    assert ids(ask("GET", "/deliveries?status=failed")) == []


def test_a_deleted_webhooks_deliveries_stay_in_the_list(
    ask: Client, database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org)
    record_captures(database, org, "ada@example.com")
    ask("DELETE", f"/webhooks/{webhook.id}")
    assert len(ids(ask("GET", "/deliveries"))) == 1


@pytest.mark.parametrize("query", ["webhook_id=1", "contact_id=evt_1", "status=sent", "until=x"])
def test_a_filter_that_fits_nothing_is_refused(ask: Client, query: str) -> None:
    reply = ask("GET", f"/deliveries?{query}")
    assert (reply.status, reply.json["error"]["field"]) == (422, query.split("=")[0])


def test_lists_show_what_the_receiver_answered_last(
    ask: Client, database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org)
    record_captures(database, org, "a@example.com", "b@example.com", "c@example.com")
    answered, timed_out, waiting = ids(ask("GET", "/deliveries?sort=created_at"))
    attempted(database, answered, "timed_out", 500)
    attempted(database, timed_out, 500, "timed_out")
    for target in ("/deliveries", f"/webhooks/{webhook.id}/deliveries"):
        shown = {item["id"]: item for item in ask("GET", target).json["data"]}
        assert (shown[answered]["last_status"], shown[answered]["last_error"]) == (500, None)
        assert (shown[timed_out]["last_status"], shown[timed_out]["last_error"]) == (
            None,
            "timed_out",
        )
        assert (shown[waiting]["last_status"], shown[waiting]["last_error"]) == (None, None)
    assert ask("GET", f"/deliveries/{answered}").json["data"]["last_status"] == 500


def test_a_delivery_shows_its_request_without_secrets(
    ask: Client, database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org, headers=HEADERS)
    record_captures(database, org, "ada@example.com")
    (delivery_id,) = ids(ask("GET", "/deliveries"))
    reply = ask("GET", f"/deliveries/{delivery_id}")
    request, event_id = reply.json["data"]["request"], reply.json["data"]["event_id"]
    assert (request["method"], request["url"]) == ("POST", webhook.url)
    assert request["headers"] == {
        "Authorization": None,
        "Content-Type": "application/json",
        "User-Agent": "Rex-Webhooks/1.0",
        "X-Rex-Event": "contact.created",
        "X-Rex-Delivery": delivery_id,
        "X-Rex-Attempt": "1",
        "X-Rex-Signature": None,
        "webhook-id": event_id,
        "webhook-timestamp": None,
        "webhook-signature": None,
    }
    assert b"very-secret" not in reply.body
    body = msgspec.json.decode(request["body"])
    event = ask("GET", f"/events/{event_id}").json["data"]
    assert (body["id"], body["type"], body["data"]) == (event_id, event["type"], event["data"])


def test_a_delivery_whose_event_is_gone_is_shown_without_a_body(
    ask: Client, database: Database, org: Org
) -> None:
    make_webhook(database, org)
    record_captures(database, org, "ada@example.com")
    (delivery_id,) = ids(ask("GET", "/deliveries"))
    with transaction(database) as cursor:
        cursor.execute("DELETE FROM events")
    assert ask("GET", f"/deliveries/{delivery_id}").json["data"]["request"]["body"] is None


def test_an_event_is_found_by_its_id_before_and_after_it_has_its_place(
    ask: Client, database: Database, org: Org
) -> None:
    record_captures(database, org, "ada@example.com")
    with transaction(database) as cursor:
        cursor.execute("SELECT id FROM events")
        (event_id,) = cursor.fetchone() or ("",)
    early = ask("GET", f"/events/{event_id}").json["data"]
    (listed,) = ask("GET", "/events").json["data"]
    assert early == listed == ask("GET", f"/events/{event_id}").json["data"]
    for wrong in (new_id("evt"), "evt_1", new_id("dlv")):
        assert ask("GET", f"/events/{wrong}").status == 404


def test_nobody_sees_an_event_of_another_org(ask: Client, database: Database) -> None:
    record_captures(database, make_org(database, "other"), "ada@example.com")
    with transaction(database) as cursor:
        cursor.execute("SELECT id FROM events")
        (event_id,) = cursor.fetchone() or ("",)
    assert ask("GET", f"/events/{event_id}").status == 404


def test_a_ping_that_is_waited_for_says_how_it_ended(
    ask: Client, database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org)
    replies: list[Reply] = []

    def ping() -> None:
        replies.append(ask("POST", f"/webhooks/{webhook.id}/ping?wait=15"))

    waiting = threading.Thread(target=ping)
    waiting.start()
    while not (found := ids(ask("GET", "/deliveries"))):
        assert waiting.is_alive()
    attempted(database, found[0], 503)
    waiting.join(15)
    (reply,) = replies
    assert (reply.status, reply.json["data"]["attempt"]["status"]) == (200, 503)
    assert (reply.json["data"]["delivery_id"], reply.json["data"]["status"]) == (
        found[0],
        "pending",
    )


@pytest.mark.parametrize(("query", "status"), [("", 202), ("?wait=0", 202), ("?wait=1", 202)])
def test_a_ping_that_has_not_ended_is_accepted(
    ask: Client, database: Database, org: Org, query: str, status: int
) -> None:
    webhook = make_webhook(database, org)
    reply = ask("POST", f"/webhooks/{webhook.id}/ping{query}")
    assert (reply.status, reply.json["data"]["attempt"]) == (status, None)


@pytest.mark.parametrize("wait", ["16", "-1", "1.5", "soon"])
def test_a_ping_waits_15_seconds_at_most(ask: Client, wait: str, webhook_id: str) -> None:
    reply = ask("POST", f"/webhooks/{webhook_id}/ping?wait={wait}")
    assert (reply.status, reply.json["error"]["field"]) == (422, "wait")
    assert "a whole number from 0 to 15" in reply.json["error"]["message"]


@pytest.fixture
def webhook_id(database: Database, org: Org) -> Any:
    return make_webhook(database, org).id
