"""What the pages of webhooks show, and what their forms do."""

from __future__ import annotations

import re

import pytest

from app.console.webhook_settings import changes_in, shown
from app.domain.errors import Invalid
from app.domain.org.org import Org
from app.domain.org.user import Role
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client, Reply
from tests.console.conftest import Admit
from tests.factories import HOOK_URL, make_capture, make_webhook
from tests.visitor import text_of

PATH = "/console/webhooks"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{20,}")
AS_MADE = {
    **{"name": "CRM", "url": HOOK_URL, "events": ["contact.*"], "forms": [], "rate_limit": None},
    **{"timeout_seconds": None, "ordered": False, "retry": {"base": 5, "schedule": None}},
}


def made_id(reply: Reply) -> str:
    found = re.search(r"whk_[0-9A-Z]{26}", reply.body.decode())
    assert found
    return found[0]


def test_a_webhook_is_made_with_a_test_event_and_its_secret_is_shown_once(
    client: Client, admit: Admit, org: Org, database: Database
) -> None:
    visitor = admit(Role.ADMIN)
    assert "No webhooks yet" in text_of(visitor.get(PATH))
    form = {"url": HOOK_URL, "name": "CRM", "forms": "demo request, contact", "test": "1"}
    reply = visitor.post(PATH, form)
    assert SECRET.search(reply.body.decode())
    assert "The test event is on its way" in text_of(reply)
    for language in ("Python", "Node.js", "PHP", "Ruby", "Go"):
        assert language in text_of(reply)
    webhook_id = made_id(reply)
    page = visitor.get(f"{PATH}/{webhook_id}")
    assert not SECRET.search(page.body.decode())
    assert "Forms demo request, contact" in text_of(page)
    assert "ping" in text_of(page)

    test = re.search(r"/console/tests/dlv_[0-9A-Z]{26}", reply.body.decode())
    assert test
    settle_test(database)
    assert "503" in text_of(visitor.get(test[0]))
    part = visitor.get(test[0], hx_request="true")
    assert "The receiver did not accept the test event in 12 ms" in text_of(part)
    assert b"hx-get" not in part.body
    assert b"<html" not in part.body


def settle_test(database: Database) -> None:
    with transaction(database) as cursor:
        cursor.execute(
            "UPDATE deliveries SET status = 'pending', attempts = 1 RETURNING id",
        )
        ((delivery_id,),) = cursor.fetchall()
        cursor.execute(
            "INSERT INTO attempts (delivery_id, number, id, started_at, status, result, timings)"
            """ VALUES (%s, 1, 'att_1', now(), 503, 'retry', '{"total_ms": 12}')""",
            (delivery_id,),
        )


def test_what_is_wrong_is_said_and_kept(admit: Admit) -> None:
    visitor = admit(Role.ADMIN)
    visitor.get(PATH)
    for form, problem in (
        ({"url": "ftp://example.com"}, "url"),
        ({"url": HOOK_URL, "events": "contact.exploded"}, "contact.exploded"),
        ({"url": HOOK_URL, "name": "x" * 300}, "name"),
    ):
        reply = visitor.post(PATH, form)
        assert reply.status == 422
        assert problem in text_of(reply)
        assert form["url"].encode() in reply.body


def test_settings_are_changed_one_by_one(admit: Admit, database: Database, org: Org) -> None:
    webhook = make_webhook(database, org, name="CRM")
    path = f"{PATH}/{webhook.id}"
    visitor = admit(Role.ADMIN)
    visitor.get(path)
    form = {"name": "Sales", "was_name": "CRM", "url": HOOK_URL, "was_url": HOOK_URL}
    form |= {"retry.schedule": "60, 300", "was_retry.schedule": ""}
    form |= {"timeout_seconds": "9", "was_timeout_seconds": ""}
    said = text_of(visitor.follow(visitor.post(f"{path}/edit", form)))
    assert "Changed: name, timeout seconds, retry." in said
    assert "schedule 60, 300" in said
    assert "Time-out 9 s" in said
    reply = visitor.post(f"{path}/edit", {"retry.max_attempts": "100000", "timeout_seconds": "x"})
    assert reply.status == 422
    assert "must be a whole number" in text_of(reply)
    assert "Nothing was changed" in text_of(visitor.follow(visitor.post(f"{path}/edit")))


@pytest.mark.parametrize(
    ("form", "changes"),
    [
        ({}, {}),
        ({"name": " Sales ", "was_name": "CRM"}, {"name": "Sales"}),
        ({"name": "CRM", "was_name": "CRM"}, {}),
        ({"events": "contact.created ping"}, {"events": ["contact.created", "ping"]}),
        ({"events": ""}, {"events": ["*"]}),
        ({"forms": "demo request,, b"}, {"forms": ["demo request", "b"]}),
        ({"rate_limit": "", "was_rate_limit": "5"}, {"rate_limit": None}),
        ({"ordered": "yes", "was_ordered": "no"}, {"ordered": True}),
        ({"retry.base": "", "was_retry.base": "5"}, {"retry": None}),
        (
            {"retry.base": "7", "was_retry.base": "5", "retry.cap": "9", "was_retry.cap": "9"},
            {"retry": {"base": 7, "cap": 9}},
        ),
    ],
)
def test_a_form_changes_what_it_shows_otherwise(
    form: dict[str, str], changes: dict[str, object]
) -> None:
    assert changes_in(form) == changes


def test_a_form_that_nobody_touched_changes_nothing() -> None:
    fields = shown(AS_MADE)
    assert changes_in(fields | {f"was_{name}": value for name, value in fields.items()}) == {}
    with pytest.raises(Invalid):
        changes_in({"rate_limit": "many"})


def test_pause_rotate_and_delete(admit: Admit, database: Database, org: Org) -> None:
    webhook = make_webhook(database, org, name="CRM")
    path = f"{PATH}/{webhook.id}"
    visitor = admit(Role.ADMIN)
    visitor.get(path)
    assert "Paused" in text_of(visitor.follow(visitor.post(f"{path}/status", {"status": "paused"})))
    assert "Active: what it held" in text_of(visitor.follow(visitor.post(f"{path}/status")))
    assert SECRET.search(visitor.post(f"{path}/rotate").body.decode())
    assert "No webhooks yet" in text_of(visitor.follow(visitor.post(f"{path}/delete")))


def test_a_replay_is_counted_first_then_watched_and_stopped(
    admit: Admit, database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, f"lead{n}@example.com") for n in range(3)], now())
    path = f"{PATH}/{webhook.id}"
    visitor = admit(Role.ADMIN)
    page = visitor.get(f"{path}?replay=24h")
    assert "3 events would be sent again" in text_of(page)
    assert "No event matches" in text_of(visitor.get(f"{path}?replay=24h&only_failed=1"))
    with transaction(database) as cursor:
        cursor.execute("SELECT count(*) FROM replays")
        assert cursor.fetchone() == (0,)
    until = re.search(r'name="until" value="([^"]+)"', page.body.decode())
    assert until
    reply = visitor.post(f"{path}/replay", {"until": until[1], "since": ""})
    assert "0 of 3 events sent" in text_of(visitor.follow(reply))
    replay_id = re.search(r"rpl_[0-9A-Z]{26}", reply.headers["location"])
    assert replay_id
    reply = visitor.post(f"/console/replays/{replay_id[0]}/cancel")
    assert "cancelled" in text_of(visitor.follow(reply))
