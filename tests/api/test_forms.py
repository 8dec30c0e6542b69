"""Which form it was, and the touches before it: through the API."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.org.org import Org
from app.domain.times import now, rfc3339
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client
from tests.factories import make_capture

FORMS = ("demo-request", "newsletter", None)


@pytest.fixture
def captured(database: Database, org: Org) -> None:
    """A lead from each form; one set aside."""
    captures = [make_capture(org, f"{form}@example.com", form=form) for form in FORMS]
    held = make_capture(org, "bot@example.com", form="newsletter", quarantine="honeypot")
    with transaction(database) as cursor:
        record(cursor, [*captures, held], now())


def contacts(ask: Client, path: str) -> list[Any]:
    reply = ask("GET", path)
    assert reply.status == 200, reply.body
    return [item.get("data", item)["email"] for item in reply.json["data"]]


@pytest.mark.usefixtures("captured")
def test_lists_are_filtered_by_the_form(ask: Client) -> None:
    for path in ("/contacts", "/events", "/events?type=contact.created"):
        more = "&" if "?" in path else "?"
        assert contacts(ask, f"{path}{more}form=newsletter") == ["newsletter@example.com"]
        assert len(contacts(ask, path)) == 3
    for form, ids in (("newsletter", 1), ("demo-request", 0)):
        listed = ask("GET", f"/captures?form={form}").json["data"]
        assert [each["form"] for each in listed] == [form] * ids
    (contact,) = ask("GET", "/contacts?form=newsletter").json["data"]
    for form, count in (("newsletter", 1), ("demo-request", 0)):
        found = ask("GET", f"/contacts/{contact['id']}/captures?form={form}").json["data"]
        assert len(found) == count


def test_a_webhook_may_be_for_some_forms_only(ask: Client, database: Database, org: Org) -> None:
    target = {"url": "http://127.0.0.1:9/", "forms": ["demo-request", " demo-request "]}
    webhook = ask("POST", "/webhooks", target).json["data"]
    assert webhook["forms"] == ["demo-request"]
    path = f"/webhooks/{webhook['id']}"

    def leads() -> list[str]:
        """Addresses of the events that are owed to the webhook."""
        owed = ask("GET", f"{path}/deliveries?sort=created_at").json["data"]
        events = [ask("GET", f"/events/{delivery['event_id']}").json["data"] for delivery in owed]
        return [event["data"].get("email", event["type"]) for event in events]

    captures = [make_capture(org, f"{form}@example.com", form=form) for form in FORMS]
    with transaction(database) as cursor:
        record(cursor, captures, now())
    assert leads() == ["demo-request@example.com"]
    # What happens to a contact later is about the form it came from; a ping is about none.
    contact = ask("GET", "/contacts?form=demo-request").json["data"][0]
    ask("PATCH", f"/contacts/{contact['id']}", {"first_name": "Ada"})
    ask("POST", f"{path}/ping")
    assert leads() == ["demo-request@example.com"] * 2 + ["ping"]

    assert ask("PATCH", path, {"forms": []}).json["data"]["forms"] == []
    assert ask("PATCH", path, {"forms": [" "]}).status == 422


def test_a_replay_keeps_to_the_forms_of_the_webhook(
    ask: Client, database: Database, org: Org
) -> None:
    captures = [make_capture(org, f"{form}@example.com", form=form) for form in FORMS]
    with transaction(database) as cursor:
        record(cursor, captures, now())
    for forms, total in (([], 3), (["newsletter"], 1), (["other"], 0)):
        target = {"url": "http://127.0.0.1:9/", "forms": forms}
        webhook = ask("POST", "/webhooks", target).json["data"]
        replay = f"/webhooks/{webhook['id']}/replay"
        # Events of this very millisecond are not past yet.
        counts = (ask("POST", replay, {"dry_run": True}).json["data"]["total"] for _ in range(99))
        assert total in counts


def test_a_contact_and_its_events_show_the_touches(
    ask: Client, database: Database, org: Org
) -> None:
    made = ask("POST", "/contacts", {"email": "ada@example.com"}).json["data"]
    assert made["attribution"] == {"first": None, "last": None, "between": []}
    capture = make_capture(org, metadata={"utm_source": "news"}, form="demo")
    with transaction(database) as cursor:
        record(cursor, [capture], now())
    touch = {"at": rfc3339(capture.received_at), "utm_source": "news"}
    told = {"first": touch, "last": touch, "between": []}
    contact = ask("GET", f"/contacts/{made['id']}").json["data"]
    event = ask("GET", "/events").json["data"][-1]["data"]
    assert contact["attribution"] == event["attribution"] == told
    assert contact["form"] == event["form"] == "demo"
    assert event["changes"] == ["form", "metadata"]
    assert ask("PATCH", f"/contacts/{made['id']}", {"attribution": told}).status == 422
