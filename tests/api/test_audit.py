"""Every request that changes something leaves a row in the audit log, and no address in it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette

from app.api.openapi import endpoints_of
from app.domain.org.org import Org
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client
from tests.factories import make_capture, make_webhook

EMAIL = "ada@example.com"
URL = "http://127.0.0.1:9/hook"


class Stage:
    """What there is to change: ids by noun."""

    def __init__(self, database: Database, org: Org) -> None:
        webhook, capture = make_webhook(database, org), make_capture(org, EMAIL)
        held = make_capture(org, "held@example.com", quarantine="honeypot")
        with transaction(database) as cursor:
            record(cursor, [capture, held], now())
            cursor.execute("SELECT id FROM deliveries")
            ((delivery_id,),) = cursor.fetchall()
        self.contact, self.webhook = capture.contact_id, webhook.id
        self.delivery, self.held = delivery_id, held.id


Change = Callable[[Client, Stage], Any]

#: Each route that changes something: the action in the log, and a request that does it.
CHANGES: dict[tuple[str, str], tuple[str, Change]] = {
    ("POST", "/contacts"): (
        "contact.created",
        lambda ask, s: ask("POST", "/contacts", {"email": "new@example.com"}),
    ),
    ("POST", "/contacts/upsert"): (
        "contact.updated",
        lambda ask, s: ask("POST", "/contacts/upsert", {"email": EMAIL, "phone": "1"}),
    ),
    ("PATCH", "/contacts/{id}"): (
        "contact.updated",
        lambda ask, s: ask("PATCH", f"/contacts/{s.contact}", {"email": "b@example.com"}),
    ),
    ("DELETE", "/contacts/{id}"): (
        "contact.deleted",
        lambda ask, s: ask("DELETE", f"/contacts/{s.contact}"),
    ),
    ("POST", "/contacts/erase"): (
        "person.erased",
        lambda ask, s: ask("POST", "/contacts/erase", {"email": EMAIL}),
    ),
    ("POST", "/contacts/export"): (
        "person.exported",
        lambda ask, s: ask("POST", "/contacts/export", {"email": EMAIL}),
    ),
    ("POST", "/captures/{id}/release"): (
        "capture.released",
        lambda ask, s: ask("POST", f"/captures/{s.held}/release"),
    ),
    ("POST", "/captures/{id}/spam"): (
        "capture.marked_as_spam",
        lambda ask, s: ask("POST", f"/captures/{s.held}/spam"),
    ),
    ("POST", "/captures/{id}/not-spam"): (
        "capture.marked_as_not_spam",
        lambda ask, s: ask("POST", f"/captures/{s.held}/not-spam"),
    ),
    ("POST", "/webhooks"): (
        "webhook.created",
        lambda ask, s: ask("POST", "/webhooks", {"url": URL, "name": EMAIL}),
    ),
    ("PATCH", "/webhooks/{id}"): (
        "webhook.updated",
        lambda ask, s: ask("PATCH", f"/webhooks/{s.webhook}", {"name": EMAIL}),
    ),
    ("DELETE", "/webhooks/{id}"): (
        "webhook.deleted",
        lambda ask, s: ask("DELETE", f"/webhooks/{s.webhook}"),
    ),
    ("POST", "/webhooks/{id}/rotate-secret"): (
        "webhook.secret_rotated",
        lambda ask, s: ask("POST", f"/webhooks/{s.webhook}/rotate-secret"),
    ),
    ("POST", "/webhooks/{id}/ping"): (
        "webhook.pinged",
        lambda ask, s: ask("POST", f"/webhooks/{s.webhook}/ping"),
    ),
    ("POST", "/webhooks/{id}/replay"): (
        "replay.created",
        lambda ask, s: ask("POST", f"/webhooks/{s.webhook}/replay"),
    ),
    ("DELETE", "/replays/{id}"): (
        "replay.cancelled",
        lambda ask, s: ask("DELETE", f"/replays/{new_replay(ask, s)}"),
    ),
    ("POST", "/deliveries/{id}/retry"): (
        "delivery.retried",
        lambda ask, s: ask("POST", f"/deliveries/{s.delivery}/retry"),
    ),
    ("POST", "/apikeys"): (
        "key.created",
        lambda ask, s: ask("POST", "/apikeys", {"name": EMAIL}),
    ),
    ("DELETE", "/apikeys/{id}"): (
        "key.revoked",
        lambda ask, s: ask("DELETE", f"/apikeys/{ask('GET', '/apikeys').json['data'][0]['id']}"),
    ),
    ("PATCH", "/org"): ("org.updated", lambda ask, s: ask("PATCH", "/org", {"min_fill_ms": 5})),
}


def new_replay(ask: Client, stage: Stage) -> str:
    return str(ask("POST", f"/webhooks/{stage.webhook}/replay").json["data"]["id"])


def test_every_route_that_changes_something_is_tried_here(app: Starlette) -> None:
    changing = {
        (method, path)
        for path, method, _ in endpoints_of(app.routes)
        if method not in ("GET", "HEAD") and path not in ("/capture", "/healthz", "/readyz")
    }
    assert changing == CHANGES.keys()


@pytest.mark.parametrize("route", CHANGES, ids=" ".join)
def test_a_change_is_in_the_audit_log_with_who_and_what(
    ask: Client,
    database: Database,
    org: Org,
    route: tuple[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage(database, org)
    key_id = ask("GET", "/apikeys").json["data"][0]["id"]
    action, change = CHANGES[route]

    with caplog.at_level(logging.INFO, logger="app.storage.org.audit"):
        assert change(ask, stage).status < 300

    with transaction(database) as cursor:
        cursor.execute("SELECT action, actor, org_id, subject_id FROM audit_log ORDER BY id")
        *_, (found, actor, whose, subject) = cursor.fetchall()
        cursor.execute("SELECT string_agg(a::text, '') FROM audit_log a")
        ((everything,),) = cursor.fetchall()
    assert (found, actor, whose) == (action, key_id, org.id)
    assert subject
    assert "@" not in everything
    lines = [each for each in caplog.records if each.name == "app.storage.org.audit"]
    assert lines[-1].message == f"audit.{action}"
    assert lines[-1].__dict__["subject_id"] == subject


def test_what_was_refused_is_not_in_the_audit_log(
    ask: Client, database: Database, org: Org
) -> None:
    Stage(database, org)

    assert ask("POST", "/contacts", {"email": EMAIL}).status == 409
    assert ask("DELETE", "/webhooks/whk_01ARZ3NDEKTSV4RRFFQ69G5FAV").status == 404
    assert ask("POST", "/webhooks", {"url": "nonsense"}).status == 422

    with transaction(database) as cursor:
        cursor.execute("SELECT action FROM audit_log")
        assert cursor.fetchall() == []
