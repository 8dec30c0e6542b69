"""What the pages of leads and contacts show, and what their forms do."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from itertools import product
from typing import Any

import msgspec
import pytest

from app.domain.capture.capture import Capture
from app.domain.ids import ulid_of
from app.domain.org.org import Org
from app.domain.org.user import Role
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client
from tests.console.conftest import Admit, make_link, make_user
from tests.factories import make_capture, make_org, make_webhook
from tests.visitor import Visitor, text_of

ATTACK = "<script>alert(1)</script>"
Keep = Callable[..., Capture]


@pytest.fixture
def keep(database: Database, org: Org) -> Keep:
    """Records a lead: `keep("ada@example.com", first_name="Ada")`."""

    def keep(email: str = "ada@example.com", **fields: Any) -> Capture:
        capture = make_capture(org, email, **fields)
        with transaction(database) as cursor:
            record(cursor, [capture], now())
        return capture

    return keep


def contact_of(database: Database, email: str) -> dict[str, Any]:
    with transaction(database) as cursor:
        cursor.execute(
            "SELECT id, first_name, stage, phone FROM contacts"
            " WHERE email = %s AND deleted_at IS NULL",
            (email,),
        )
        row = cursor.fetchone()
    return dict(zip(("id", "first_name", "stage", "phone"), row, strict=True)) if row else {}


def test_text_of_visitors_is_shown_as_text(admit: Admit, keep: Keep, database: Database) -> None:
    capture = keep(first_name=ATTACK, metadata={ATTACK: ATTACK}, user_agent=ATTACK, referrer=ATTACK)
    keep("bot@example.com", first_name=ATTACK, quarantine=ATTACK)
    contact_id = contact_of(database, "ada@example.com")["id"]
    visitor = admit(Role.ADMIN)
    for path in (
        "/console/",
        "/console/leads",
        f"/console/leads?q={ATTACK}&campaign={ATTACK}",
        f"/console/leads/{capture.id}",
        "/console/contacts",
        f"/console/contacts?q={ATTACK}",
        f"/console/contacts/{contact_id}",
        "/console/quarantine",
        f"/console/sign-in?next={ATTACK}",
    ):
        reply = visitor.get(path)
        assert reply.status == 200, path
        assert ATTACK.encode() not in reply.body, path
        assert b"<script>" not in reply.body, path
        assert b"style=" not in reply.body, path


def test_a_trace_says_which_value_came_from_where(
    admit: Admit, keep: Keep, database: Database, org: Org
) -> None:
    first = keep(first_name="Ada", phone="1", metadata={"company": "Engines"})
    second = keep(first_name="Augusta", metadata={"utm_campaign": "spring"})
    visitor = admit(Role.OPERATOR)
    contact_id = contact_of(database, "ada@example.com")["id"]
    visitor.get(f"/console/contacts/{contact_id}")
    visitor.post(f"/console/contacts/{contact_id}/edit", {"phone": "2", "was_phone": "1"})

    page = visitor.get(f"/console/leads/{first.id}")
    said = text_of(page)
    assert "first_name Ada Augusta a later one" in said
    assert "phone 1 2 a user" in said
    assert "company Engines the same this submission" in said
    assert f"/console/leads/{second.id}".encode() in page.body
    assert "No webhook" in said
    assert "first_name Augusta the same this submission" in text_of(
        visitor.get(f"/console/leads/{second.id}")
    )


def test_a_delivery_shows_its_request_and_is_sent_again(
    admit: Admit, keep: Keep, database: Database, org: Org
) -> None:
    webhook = make_webhook(database, org, name="CRM")
    capture = keep(first_name="Ada")
    with transaction(database) as cursor:
        cursor.execute(
            "UPDATE deliveries SET status = 'failed', attempts = 3, settled_at = now(),"
            " last_result = 'failed' RETURNING id"
        )
        ((delivery_id,),) = cursor.fetchall()
    visitor = admit(Role.OPERATOR)
    trace = f"/console/leads/{capture.id}"
    said = text_of(visitor.get(trace))
    assert "CRM" in said
    assert "Gave up after 3 attempts" in said
    assert f"POST {webhook.url}" in said

    reply = visitor.post(f"/console/deliveries/{delivery_id}/retry")
    assert reply.headers["location"] == f"{trace}#{delivery_id}"
    assert "sent again now" in text_of(visitor.get(trace))
    visitor.get(trace)
    assert "No delivery of this lead has failed" in text_of(visitor.post(f"{trace}/retry"))
    found = visitor.get(f"/console/leads?q={delivery_id}")
    assert found.headers["location"] == f"{trace}#{delivery_id}"


def test_quarantined_leads_are_released_alone_or_all_that_are_shown(
    admit: Admit, keep: Keep, database: Database
) -> None:
    held = [keep(f"lead{n}@example.com", quarantine="honeypot") for n in range(3)]
    visitor = admit(Role.OPERATOR)
    reply = visitor.get("/console/quarantine")
    assert "Release all on this page (3)" in text_of(reply)

    reply = visitor.follow(visitor.post(f"/console/leads/{held[0].id}/release"))
    assert "Released" in text_of(reply)
    assert "Released ; held back for: honeypot" in text_of(reply)
    shown = ",".join(capture.id for capture in held)
    reply = visitor.follow(visitor.post("/console/quarantine/release", {"ids": shown}))
    assert "2 leads released" in text_of(reply)
    assert "Nothing in quarantine" in text_of(reply)
    assert all(contact_of(database, capture.email) for capture in held)


def test_a_lead_is_marked_as_spam_and_a_release_takes_the_mark_back(
    admit: Admit, keep: Keep
) -> None:
    path = f"/console/leads/{keep(quarantine='honeypot').id}"
    visitor = admit(Role.OPERATOR)
    visitor.get(path)
    assert "spam, by a user" in text_of(visitor.follow(visitor.post(f"{path}/spam")))
    assert "not spam, by a user" in text_of(visitor.follow(visitor.post(f"{path}/release")))


def test_a_mark_on_a_recorded_lead_is_taken_back(admit: Admit, keep: Keep) -> None:
    path = f"/console/leads/{keep().id}"
    visitor = admit(Role.OPERATOR)
    assert "Not spam" not in text_of(visitor.get(path))
    marked = text_of(visitor.follow(visitor.post(f"{path}/spam")))
    assert "Accepted spam, by a user" in marked
    assert "Not spam" in marked
    assert "Mark as spam" not in marked
    undone = text_of(visitor.follow(visitor.post(f"{path}/not-spam")))
    assert "Accepted not spam, by a user" in undone
    assert "Mark as spam" in undone
    assert "Not spam" not in undone


#: Searches, and the leads that each finds.
SEARCHES: tuple[tuple[str, list[str]], ...] = (
    ("q=grace", ["Grace"]),
    ("q=ADA@example.com", ["Ada"]),
    ("q=nobody", []),
    ("status=quarantined", ["Bot"]),
    ("source=paid", ["Grace"]),
    ("stage=lead", ["Grace", "Ada"]),
    ("day=2020-01-01", []),
    ("day=no-day", ["Grace", "Bot", "Ada"]),
    ("status=nonsense", ["Grace", "Bot", "Ada"]),
    ("before=%00~~~", ["Grace", "Bot", "Ada"]),
)


def test_the_filters_are_in_the_url(admit: Admit, keep: Keep) -> None:
    keep("ada@example.com", first_name="Ada")
    keep("bot@example.com", first_name="Bot", quarantine="honeypot")
    keep("grace@example.com", first_name="Grace", source="paid")
    visitor = admit(Role.VIEWER)
    for (search, found), headers in product(SEARCHES, ({}, {"hx_request": "true"})):
        reply = visitor.get(f"/console/leads?{search}", **headers)
        said = text_of(reply)
        assert reply.status == 200, search
        assert [name for name in ("Grace", "Bot", "Ada") if f"{name} " in said] == found, search
        assert (b"<html" in reply.body) is (not headers), search


@pytest.mark.parametrize(
    "path",
    [
        "/console/contacts?q=%00&stage=%00&after=2026-01-01T00:00:00Z~%00",
        "/console/contacts?after=nonsense&source=nonsense",
        "/console/quarantine?before=%00&status=%00",
        "/console/leads?before=%F0%9F%98%80&campaign=%00&form=%00&q=%00%00",
        f"/console/leads?q={'a' * 5000}",
        "/console/leads?q=%27%22%5C%25_%28%29:*%26%7C%21",
        "/console/sign-in?next=%00",
    ],
)
def test_odd_parameters_do_no_harm(admit: Admit, keep: Keep, path: str) -> None:
    keep()
    assert admit(Role.ADMIN).get(path).status == 200


def test_an_id_in_the_search_leads_to_what_it_names(admit: Admit, keep: Keep) -> None:
    capture = keep()
    visitor = admit(Role.VIEWER)
    for each, path in (
        (capture.id, f"/console/leads/{capture.id}"),
        (f"evt_{ulid_of(capture.id)}", f"/console/leads/{capture.id}"),
        (capture.contact_id, f"/console/contacts/{capture.contact_id}"),
    ):
        assert visitor.get(f"/console/leads?q={each}").headers["location"] == path
    assert visitor.get(f"/console/leads/cap_{ulid_of(capture.contact_id)}").status == 404
    assert visitor.get("/console/leads/nonsense").status == 404


def test_exports_have_what_is_filtered_and_no_formulas(admit: Admit, keep: Keep) -> None:
    keep("ada@example.com", first_name="=1+1", metadata={"note": 'a "b",\nc'})
    keep("bot@example.com", quarantine="honeypot")
    visitor = admit(Role.OPERATOR)

    reply = visitor.get("/console/leads/export?status=recorded")
    (row,) = csv.DictReader(io.StringIO(reply.body.decode()))
    assert reply.headers["content-disposition"] == 'attachment; filename="leads.csv"'
    assert row["first_name"] == "'=1+1"
    assert row["email"] == "ada@example.com"
    assert msgspec.json.decode(row["metadata"]) == {"note": 'a "b",\nc'}

    lines = visitor.get("/console/leads/export?as=ndjson").body.splitlines()
    records = [msgspec.json.decode(line) for line in lines]
    assert [each["status"] for each in records] == ["quarantined", "recorded"]
    assert records[1]["first_name"] == "=1+1"


def test_an_edit_writes_what_was_changed_and_says_what_is_wrong(
    admit: Admit, keep: Keep, database: Database
) -> None:
    capture = keep(first_name="Ada", phone="1")
    keep("taken@example.com")
    path = f"/console/contacts/{capture.contact_id}"
    visitor = admit(Role.OPERATOR)
    visitor.get(path)
    # Somebody else has changed the phone since this form was loaded.
    form = {"first_name": "Augusta", "was_first_name": "Ada", "phone": "0", "was_phone": "0"}
    form |= {"stage": "customer", "was_stage": "lead", "email": "", "was_email": ""}
    said = text_of(visitor.follow(visitor.post(f"{path}/edit", form)))
    assert "Changed: first name, stage." in said
    found = contact_of(database, "ada@example.com")
    assert (found["first_name"], found["stage"], found["phone"]) == ("Augusta", "customer", "1")

    for email, problem in (("nonsense", "address"), ("taken@example.com", "has this address")):
        sent = {"email": email, "was_email": "ada@example.com"}
        reply = visitor.post(f"{path}/edit", sent)
        assert reply.status == 422
        assert problem in text_of(reply)


def test_a_person_is_exported_deleted_and_erased(
    admit: Admit, keep: Keep, database: Database
) -> None:
    capture = keep(first_name="Ada")
    path = f"/console/contacts/{capture.contact_id}"
    admin = admit(Role.ADMIN)
    admin.get(path)
    exported = msgspec.json.decode(admin.post(f"{path}/export").body)
    assert exported["contact"]["first_name"] == "Ada"
    assert len(exported["captures"]) == 1

    assert "was erased" in text_of(admin.follow(admin.post(f"{path}/erase")))
    assert admin.get(path).status == 404
    assert "Ada" not in text_of(admin.get(f"/console/leads/{capture.id}"))
    with transaction(database) as cursor:
        cursor.execute(
            "SELECT action, actor FROM audit_log WHERE action LIKE 'person.%' ORDER BY id"
        )
        found = cursor.fetchall()
    assert [action for action, _ in found] == ["person.exported", "person.erased"]
    assert all(actor.startswith("usr_") for _, actor in found)


def test_home_leads_a_newcomer_through_three_steps(
    client: Client, admit: Admit, keep: Keep, database: Database, org: Org
) -> None:
    visitor = admit(Role.ADMIN)

    def steps() -> str:
        return text_of(visitor.get("/console/"))

    assert "curl http://localhost/capture" in steps()
    keep()
    assert "Send a lead done" in steps()
    make_webhook(database, org)
    assert "Add a webhook done" in steps()
    keep("grace@example.com")
    with transaction(database) as cursor:
        cursor.execute("UPDATE webhook_health SET last_success_at = now()")
    assert "Three steps" not in steps()
    with transaction(database) as cursor:  # as after ./scripts/demo
        cursor.execute("UPDATE webhooks SET status = 'deleted'")
    assert "Three steps" not in steps()
    assert "Anything lost? No" in steps()


def test_the_counts_of_all_orgs_are_for_those_who_run_the_system(
    client: Client, admit: Admit, database: Database
) -> None:
    other = make_org(database, "other")
    theirs = Visitor(client, host="other.localhost")
    theirs.sign_in(make_link(database, make_user(database, other, "eve@example.com", Role.ADMIN)))
    own = text_of(admit(Role.ADMIN).get("/console/"))
    assert "0 in PostgreSQL's fallback queue" in own
    seen = text_of(theirs.get("/console/"))
    assert "Each lead is on disk" in seen
    assert "fallback queue" not in seen
    assert "dead letters" not in seen


def test_nothing_of_another_org_is_shown(admit: Admit, database: Database) -> None:
    other = make_org(database, "other")
    theirs = make_capture(other, "secret@example.com", first_name="Secret")
    with transaction(database) as cursor:
        record(cursor, [theirs], now())
    visitor = admit(Role.ADMIN)
    for path in ("/console/", "/console/leads", "/console/leads?q=secret", "/console/contacts"):
        assert "Secret" not in text_of(visitor.get(path)), path
    for path in (f"/console/leads/{theirs.id}", f"/console/contacts/{theirs.contact_id}"):
        assert visitor.get(path).status == 404, path
        assert visitor.post(f"{path}/erase").status in (403, 404, 405), path
    assert visitor.get("/console/leads/export").body.count(b"\n") == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_what_a_role_may_not_do_is_not_offered(admit: Admit, keep: Keep, role: Role) -> None:
    capture = keep(quarantine="honeypot")
    recorded = keep("grace@example.com")
    visitor = admit(role)
    pages = [f"/console/leads/{capture.id}", f"/console/contacts/{recorded.contact_id}"]
    shown = b"".join(visitor.get(path).body for path in (*pages, "/console/leads"))
    for verb, needed in (("/release", Role.OPERATOR), ("/edit", Role.OPERATOR), ("/erase", None)):
        assert (verb.encode() in shown) is (needed is role), verb
