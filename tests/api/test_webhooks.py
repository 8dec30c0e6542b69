"""Webhooks, deliveries, replays, keys, org and quarantine through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.ids import new_id
from app.domain.org.api_key import Scope
from app.domain.org.org import Org
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.recording import record
from app.storage.secret_cipher import SecretCipher
from app.storage.webhook import endpoints
from tests.api.conftest import SECRET_KEY, make_key
from tests.asgi import Client, Reply
from tests.factories import make_capture, make_org, make_webhook

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def webhook(ask: Client) -> dict[str, Any]:
    reply = ask("POST", "/webhooks", {"url": URL, "secret": "whsec_first_secret_of_ours"})
    assert reply.status == 201
    data: dict[str, Any] = reply.json["data"]
    return data


def record_captures(database: Database, org: Org, *emails: str) -> None:
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, email) for email in emails], now())


def settle(database: Database, status: str) -> None:
    with transaction(database) as cursor:
        cursor.execute("UPDATE deliveries SET status = %s, attempts = 1, failures = 1", (status,))


def secrets_of(database: Database, webhook_id: str) -> tuple[str, str | None]:
    cipher = SecretCipher(SECRET_KEY)
    with transaction(database) as cursor:
        endpoint = endpoints.lock(cursor, [webhook_id])[webhook_id]
    previous = endpoint.previous_secret
    return cipher.decrypt(endpoint.secret), None if previous is None else cipher.decrypt(previous)


def ids(reply: Reply) -> list[str]:
    return [item["id"] for item in reply.json["data"]]


def test_a_rotation_keeps_the_old_secret_for_the_overlap(
    ask: Client, database: Database, webhook: dict[str, Any]
) -> None:
    target = f"/webhooks/{webhook['id']}/rotate-secret"
    reply = ask("POST", target)
    assert reply.status == 200
    assert secrets_of(database, webhook["id"]) == (
        reply.json["secret"],
        "whsec_first_secret_of_ours",
    )
    with transaction(database) as cursor:
        cursor.execute("SELECT previous_secret_until - now() FROM webhooks")
        (left,) = cursor.fetchone() or (timedelta(),)
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    mine = ask("POST", target, {"secret": "x" * 16, "overlap_seconds": 0})
    assert mine.json["secret"] == "x" * 16
    assert secrets_of(database, webhook["id"]) == ("x" * 16, None)
    assert ask("POST", target, {"overlap_seconds": -1}).status == 422
    for target in ("/webhooks", f"/webhooks/{webhook['id']}"):
        assert b"whsec" not in ask("GET", target).body


def test_a_webhook_cannot_lead_back_to_our_own_capture(
    ask: Client, webhook: dict[str, Any]
) -> None:
    own = "http://localhost/capture"
    created = ask("POST", "/webhooks", {"url": own})
    edited = ask("PATCH", f"/webhooks/{webhook['id']}", {"url": own})

    for reply in (created, edited):
        assert reply.status == 422
        assert "/capture" in reply.json["error"]["fields"]["url"]


def test_a_ping_is_for_one_webhook_whatever_it_subscribes_to(ask: Client) -> None:
    bodies = [{"url": URL, "events": ["contact.deleted"]}, {"url": URL}]
    one, other = (ask("POST", "/webhooks", body).json["data"]["id"] for body in bodies)
    reply = ask("POST", f"/webhooks/{one.replace('whk_', 'wh_')}/ping")
    assert reply.status == 202
    assert ids(ask("GET", f"/webhooks/{one}/deliveries")) == [reply.json["data"]["delivery_id"]]
    assert ids(ask("GET", f"/webhooks/{other}/deliveries")) == []
    (event,) = ask("GET", "/events?type=ping").json["data"]
    assert event["id"] == reply.json["data"]["event_id"]


def test_deliveries_are_listed_by_status_type_and_time(
    ask: Client, database: Database, org: Org, webhook: dict[str, Any]
) -> None:
    target = f"/webhooks/{webhook['id']}/deliveries"
    record_captures(database, org, "a@example.com", "b@example.com", "a@example.com")
    newest_first = ids(ask("GET", target))
    assert newest_first == sorted(newest_first, reverse=True)
    assert ids(ask("GET", f"{target}?sort=created_at")) == newest_first[::-1]
    assert ids(ask("GET", f"{target}?status=pending")) == newest_first
    assert ids(ask("GET", f"{target}?status=held")) == []
    assert len(ids(ask("GET", f"{target}?event_type=contact.updated"))) == 1
    assert len(ids(ask("GET", f"{target}?event_type=contact.*"))) == 3
    assert ids(ask("GET", f"{target}?since=2100-01-01T00:00:00Z")) == []
    assert ids(ask("GET", f"{target}?until=2000-01-01T00:00:00Z")) == []
    page = ask("GET", f"{target}?limit=2")
    rest = ask("GET", f"{target}?limit=2&cursor={page.json['next_cursor']}")
    assert ids(page) + ids(rest) == newest_first
    assert rest.json["next_cursor"] is None
    ask("PATCH", f"/webhooks/{webhook['id']}", {"status": "paused"})
    held = ask("GET", f"{target}?status=held").json["data"]
    assert [item["status"] for item in held] == ["held"] * 3
    assert ids(ask("GET", f"{target}?status=pending")) == []


def test_a_delivery_shows_its_attempts_and_can_be_retried(
    ask: Client, database: Database, org: Org, webhook: dict[str, Any]
) -> None:
    record_captures(database, org, "a@example.com")
    (delivery_id,) = ids(ask("GET", f"/webhooks/{webhook['id']}/deliveries"))
    with transaction(database) as cursor:
        cursor.execute(
            "INSERT INTO attempts (delivery_id, number, id, started_at, status, timings,"
            " response_headers, response_body, result) VALUES (%s, 1, %s, now(), 500,"
            " '{\"total_ms\": 12}', '[[\"server\", \"x\"]]', '\\x6f68ff', 'failed')",
            (delivery_id, new_id("att")),
        )
    settle(database, "failed")
    delivery = ask("GET", f"/deliveries/{delivery_id}").json["data"]
    (attempt,) = delivery["attempts"]
    assert (attempt["status"], attempt["timings"]["total_ms"]) == (500, 12)
    assert (attempt["response_headers"], attempt["response_body"]) == (
        [["server", "x"]],
        "oh\ufffd",
    )
    for status in ("failed", "succeeded", "cancelled", "pending"):
        settle(database, status)
        retried = ask("POST", f"/deliveries/{delivery_id}/retry")
        assert (retried.status, retried.json["data"]["status"]) == (202, "pending")
    settle(database, "attempting")
    assert ask("POST", f"/deliveries/{delivery_id}/retry").status == 409
    settle(database, "failed")
    ask("DELETE", f"/webhooks/{webhook['id']}")
    assert ask("POST", f"/deliveries/{delivery_id}/retry").status == 409


def test_a_replay_is_counted_started_and_cancelled(
    ask: Client, database: Database, org: Org, webhook: dict[str, Any]
) -> None:
    record_captures(database, org, "a@example.com", "b@example.com")
    target = f"/webhooks/{webhook['id']}/replay"
    while (dry := ask("POST", target, {"dry_run": True})).json["data"]["total"] != 2:
        assert dry.status == 200  # events of this very millisecond are not past yet
    with transaction(database) as cursor:
        cursor.execute("SELECT count(*) FROM replays")
        assert cursor.fetchone() == (0,)
    started = ask("POST", target, {"types": ["contact.*"], "since": "2020-01-01T00:00:00Z"})
    assert started.status == 202
    replay = started.json["data"]
    assert (replay["status"], replay["total"], replay["done"]) == ("running", 2, 0)
    assert ask("GET", f"/replays/{replay['id']}").json["data"] == replay
    for _ in range(2):
        assert ask("DELETE", f"/replays/{replay['id']}").json["data"]["status"] == "cancelled"
    with transaction(database) as cursor:
        cursor.execute("UPDATE replays SET status = 'done'")
    assert ask("DELETE", f"/replays/{replay['id']}").status == 409
    assert ask("POST", target, {"types": ["contact.born"]}).status == 422
    assert ask("POST", target, {"since": "yesterday"}).json["error"]["field"] == "since"


def test_keys_are_shown_once_and_end_at_once(ask: Client) -> None:
    made = ask("POST", "/apikeys", {"name": " forms ", "scope": "capture-only", "kind": "test"})
    assert made.status == 201
    text, data = made.json["key"], made.json["data"]
    assert text.startswith("rex_test_")
    assert (data["name"], data["last4"], data["scope"]) == ("forms", text[-4:], "capture-only")
    listed = ask("GET", "/apikeys")
    assert text.encode() not in listed.body
    assert data in listed.json["data"]
    assert ask("POST", "/capture", {"email": "a@b.co"}, x_api_key=text).status == 202
    assert ask("GET", "/contacts", x_api_key=text).status == 403
    assert ask("DELETE", f"/apikeys/{data['id']}").status == 204
    assert ask("POST", "/capture", {"email": "a@b.co"}, x_api_key=text).status == 401
    assert ask("DELETE", f"/apikeys/{new_id('key')}").status == 404


def test_only_a_read_write_key_may_see_keys(ask: Client) -> None:
    reading = ask("POST", "/apikeys", {"scope": "read"}).json["key"]
    assert ask("GET", "/contacts", x_api_key=reading).status == 200
    for method, target in (("GET", "/apikeys"), ("POST", "/apikeys")):
        assert ask(method, target, {}, x_api_key=reading).status == 403


def test_the_org_keeps_its_settings_in_one_spelling(ask: Client) -> None:
    edit = {
        "allowed_origins": ["HTTPS://Example.com:443/", "http://localhost:3000"],
        "redirect_targets": ["https://example.com/thanks/"],
        "min_fill_ms": 900,
        "capture_rate_per_email": 5,
    }
    changed = ask("PATCH", "/org", edit)
    assert changed.status == 200
    org = ask("GET", "/org").json["data"]
    assert org == changed.json["data"]
    assert org["allowed_origins"] == ["https://example.com", "http://localhost:3000"]
    assert (org["min_fill_ms"], org["capture_rate_per_address"]) == (900, None)
    assert "id_secret" not in org
    body = {"email": "a@example.com"}
    assert ask("POST", "/capture", body, x_api_key=None, origin="https://evil.test").status == 403
    assert ask("POST", "/capture", body, x_api_key=None, origin="https://example.com").status == 202
    assert (
        ask("PATCH", "/org", {"capture_rate_per_email": None}).json["data"][
            "capture_rate_per_email"
        ]
        is None
    )


@pytest.mark.parametrize(
    "edit",
    [
        {"allowed_origins": ["example.com"]},
        {"allowed_origins": ["https://example.com/path"]},
        {"allowed_origins": ["https://a@example.com"]},
        {"allowed_origins": ["*"]},
        {"redirect_targets": ["javascript:alert(1)"]},
        {"redirect_targets": ["/thanks"]},
        {"min_fill_ms": -1},
        {"spam_mode": "refuse"},
        {"page": {"color": "red"}},
        {"page": {"logo_url": "javascript:alert(1)"}},
        {"page": {"home_url": "https://a.example/#x; script-src *"}},
        {"slug": "other"},
    ],
)
def test_org_settings_that_make_no_sense_are_refused(ask: Client, edit: dict[str, object]) -> None:
    assert ask("PATCH", "/org", edit).status == 422


def test_the_look_of_pages_is_set_field_by_field(ask: Client) -> None:
    ask("PATCH", "/org", {"page": {"name": "Acme", "color": "#123456"}})
    ask("PATCH", "/org", {"page": {"color": None, "thanks_text": "Bye"}, "min_fill_ms": 7})

    org = ask("GET", "/org").json["data"]
    assert org["min_fill_ms"] == 7
    assert {name: value for name, value in org["page"].items() if value} == {
        "name": "Acme",
        "thanks_text": "Bye",
    }


def test_a_quarantined_capture_can_be_released_once(
    ask: Client, database: Database, org: Org, webhook: dict[str, Any]
) -> None:
    held_up = make_capture(org, first_name="Bot?", quarantine="honeypot field _gotcha was filled")
    later = make_capture(org, first_name="Ada")
    with transaction(database) as cursor:
        record(cursor, [held_up, later], now())
    (listed,) = ask("GET", "/captures?status=quarantined").json["data"]
    assert (listed["id"], listed["payload"]["first_name"]) == (held_up.id, "Bot?")
    released = ask("POST", f"/captures/{held_up.id}/release")
    assert (released.status, released.json["data"]["status"]) == (200, "recorded")
    assert ask("POST", f"/captures/{held_up.id}/release").status == 409
    assert ask("GET", "/captures").json["data"] == []
    contact = ask("GET", f"/contacts/{later.contact_id}").json["data"]
    assert (contact["first_name"], contact["captures_count"]) == ("Ada", 2)
    assert len(ids(ask("GET", "/events"))) == 2
    assert len(ids(ask("GET", f"/webhooks/{webhook['id']}/deliveries"))) == 2
    assert ids(ask("GET", f"/contacts/{later.contact_id}/captures")) == [later.id, held_up.id]


def test_what_a_person_says_of_a_capture_is_kept_with_its_score(
    ask: Client, database: Database, org: Org
) -> None:
    held = make_capture(org, quarantine="spam", spam_score=6.5, spam_signals=("link", "offer"))
    rejected = make_capture(org, rejected="email has no @")
    rejected.contact_id = ""
    with transaction(database) as cursor:
        record(cursor, [held, rejected], now())

    marked = ask("POST", f"/captures/{held.id}/spam")
    (listed,) = ask("GET", "/captures?status=quarantined").json["data"]
    released = ask("POST", f"/captures/{held.id}/release")
    again = ask("POST", f"/captures/{held.id}/spam")

    assert (listed["spam_score"], listed["spam_signals"]) == (6.5, ["link", "offer"])
    assert listed["marked"] == marked.json["data"]["marked"] == "spam"
    assert released.json["data"]["marked"] == "not_spam"
    assert (again.json["data"]["status"], again.json["data"]["marked"]) == ("recorded", "spam")
    taken_back = ask("POST", f"/captures/{held.id}/not-spam")
    assert taken_back.json["data"]["marked"] == "not_spam"
    for said in ("spam", "not-spam"):
        assert ask("POST", f"/captures/{rejected.id}/{said}").status == 409


def test_nothing_of_another_org_can_be_seen_or_changed(ask: Client, database: Database) -> None:
    other = make_org(database, "other")
    webhook = make_webhook(database, other)
    capture = make_capture(other, quarantine="bot")
    recorded = make_capture(other)
    with transaction(database) as cursor:
        record(cursor, [capture, recorded], now())
        cursor.execute("SELECT d.id, d.event_id FROM deliveries d")
        delivery_id, event_id = cursor.fetchone() or ("", "")
        cursor.execute("SELECT id FROM api_keys WHERE org_id = %s", (other.id,))
    key = make_key(database, other, Scope.READ_WRITE)
    for method, target in (
        ("GET", f"/contacts/{recorded.contact_id}"),
        ("PATCH", f"/contacts/{recorded.contact_id}"),
        ("DELETE", f"/contacts/{recorded.contact_id}"),
        ("GET", f"/contacts/{recorded.contact_id}/captures"),
        ("POST", f"/captures/{capture.id}/release"),
        ("POST", f"/captures/{capture.id}/spam"),
        ("POST", f"/captures/{capture.id}/not-spam"),
        ("GET", f"/webhooks/{webhook.id}"),
        ("PATCH", f"/webhooks/{webhook.id}"),
        ("DELETE", f"/webhooks/{webhook.id}"),
        ("POST", f"/webhooks/{webhook.id}/ping"),
        ("POST", f"/webhooks/{webhook.id}/rotate-secret"),
        ("POST", f"/webhooks/{webhook.id}/replay"),
        ("GET", f"/webhooks/{webhook.id}/deliveries"),
        ("GET", f"/deliveries/{delivery_id}"),
        ("POST", f"/deliveries/{delivery_id}/retry"),
    ):
        body: dict[str, object] | None = {} if method in ("POST", "PATCH") else None
        assert ask(method, target, body).status == 404, target
    for target in ("/contacts", "/events", "/webhooks", "/captures"):
        assert ask("GET", target).json["data"] == []
    assert ask("GET", "/contacts", x_api_key=key).status == 401
    assert ask("GET", f"/events?after={event_id}").json["data"] == []


@pytest.mark.parametrize("after", ["garbage", "cont_01M847TM4N5CGZDA17W5Q2RY76", "evt_1"])
def test_after_must_be_an_event(ask: Client, after: str) -> None:
    assert ask("GET", f"/events?after={after}").json["error"]["field"] == "after"


def test_events_go_on_after_an_event_a_cursor_and_what_is_long_gone(
    ask: Client, database: Database, org: Org
) -> None:
    record_captures(database, org, *(f"c{n}@example.com" for n in range(5)))
    everything = ids(ask("GET", "/events"))
    assert len(everything) == 5
    assert ids(ask("GET", f"/events?after={everything[1]}")) == everything[2:]
    page = ask("GET", "/events?limit=2").json
    assert (page["has_more"], page["meta"]["has_more"]) == (True, True)
    assert ids(ask("GET", f"/events?cursor={page['next_cursor']}")) == everything[2:]
    end = ask("GET", f"/events?after={everything[-1]}").json
    assert (end["data"], end["has_more"]) == ([], False)
    record_captures(database, org, "c0@example.com")
    (last,) = ask("GET", f"/events?cursor={end['next_cursor']}").json["data"]
    assert (last["type"], last["event"], last["data"]["sequence"]) == (
        "contact.updated",
        "contact.updated",
        2,
    )
    pruned = "evt_00000000000000000000000000"
    assert ids(ask("GET", f"/events?after={pruned}")) == [*everything, last["id"]]
    assert ask("GET", f"/events?after={new_id('evt')}").status == 422
    assert ids(ask("GET", "/events?type=contact.updated&fields=id")) == [last["id"]]
    assert ask("GET", "/events?type=contact.born").status == 422


def test_header_values_are_encrypted_at_rest_and_never_shown(
    ask: Client, database: Database
) -> None:
    body = {"url": URL, "headers": {"Authorization": "Bearer t0ken"}}
    created = ask("POST", "/webhooks", body)
    target = f"/webhooks/{created.json['data']['id']}"
    shown = [created, ask("GET", target), ask("GET", "/webhooks")]

    edited = ask("PATCH", target, {"headers": {"X-Token": "0ther"}})

    assert created.json["data"]["header_names"] == ["Authorization"]
    assert edited.json["data"]["header_names"] == ["X-Token"]
    assert not any(b"t0ken" in each.body or b"0ther" in each.body for each in [*shown, edited])
    with transaction(database) as cursor:
        cursor.execute("SELECT headers::text FROM webhooks")
        ((stored,),) = cursor.fetchall()
        endpoint = endpoints.lock(cursor, [created.json["data"]["id"]]).popitem()[1]
    assert "0ther" not in stored
    assert SecretCipher(SECRET_KEY).decrypt_values(endpoint.headers) == {"X-Token": "0ther"}


def test_a_retry_policy_is_kept_as_chosen_replaced_whole_and_reset_by_null(
    ask: Client, database: Database
) -> None:
    none = dict.fromkeys(("schedule", "base", "cap", "max_attempts", "max_age"))
    body = {"url": URL, "retry": {"base": 60, "cap": None}, "timeout_seconds": 30}
    created = ask("POST", "/webhooks", body).json["data"]
    target = f"/webhooks/{created['id']}"
    assert (created["retry"], created["timeout_seconds"]) == (none | {"base": 60}, 30)
    assert ask("GET", target).json["data"] == created
    assert ask("GET", "/webhooks").json["data"] == [created]
    with transaction(database) as cursor:
        endpoint = endpoints.lock(cursor, [created["id"]])[created["id"]]
    assert (endpoint.retry, endpoint.timeout_seconds) == ({"base": 60}, 30)

    for edit, retry in (
        ({"name": "other"}, none | {"base": 60}),
        ({"retry": {"schedule": [5, 60]}}, none | {"schedule": [5, 60]}),
        ({"retry": {}}, None),
        ({"retry": {"max_attempts": 3, "max_age": 60}}, none | {"max_attempts": 3, "max_age": 60}),
        ({"retry": None}, None),
    ):
        assert ask("PATCH", target, edit).json["data"]["retry"] == retry
    assert ask("PATCH", target, {"timeout_seconds": None}).json["data"]["timeout_seconds"] is None
    with transaction(database) as cursor:
        cursor.execute("SELECT details FROM audit_log WHERE action = 'webhook.updated' ORDER BY id")
        noted = [details["fields"] for (details,) in cursor.fetchall()]
    assert noted[1:3] == [["retry"], ["retry"]]
    assert noted[-1] == ["timeout_seconds"]


@pytest.mark.parametrize(
    ("retry", "field", "problem"),
    [
        ({"schedule": [5], "base": 5}, "retry.schedule", "leave out base, cap and max_attempts"),
        ({"max_attempts": 101}, "retry.max_attempts", "must be at most 100"),
        ({"max_age": 604_801}, "retry.max_age", "must be at most 604800 s"),
        ({"base": 60, "cap": 59}, "retry.base", "must be at most cap, which is 59 s"),
        ({"bsae": 60}, "retry.bsae", "known are schedule, base, cap, max_attempts, max_age"),
    ],
)
def test_a_retry_policy_beyond_the_operators_limits_is_refused(
    ask: Client, webhook: dict[str, Any], retry: dict[str, object], field: str, problem: str
) -> None:
    created = ask("POST", "/webhooks", {"url": URL, "retry": retry})
    edited = ask("PATCH", f"/webhooks/{webhook['id']}", {"retry": retry})

    for reply in (created, edited):
        assert (reply.status, list(reply.json["error"]["fields"])) == (422, [field])
        assert problem in reply.json["error"]["fields"][field]


def test_a_key_that_was_made_elsewhere_works_at_once(
    ask: Client, database: Database, org: Org
) -> None:
    key = make_key(database, org, Scope.READ)

    assert ask("GET", "/contacts", x_api_key=key).status == 200


def test_an_org_that_was_made_elsewhere_is_served_at_once(ask: Client, database: Database) -> None:
    key = make_key(database, make_org(database, "globex"), Scope.READ_WRITE)
    lead = {"email": "ada@example.com"}

    assert ask("POST", "/capture", lead, x_api_key=key, host="globex.localhost").status == 202
