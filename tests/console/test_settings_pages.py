"""Keys, the org, the system, the audit log and forms: what the pages show and their forms do."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.capture.form_figures import FormLead, by_form, page_of
from app.domain.org.org import Org
from app.domain.org.user import Role
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client
from tests.console.conftest import Admit, make_link, make_user
from tests.factories import make_capture, make_org
from tests.visitor import Visitor, text_of

KEY = re.compile(r"rex_(?:live|test)_[A-Za-z0-9_-]{20,}")
ATTACK = "<script>alert(1)</script>"


def test_a_key_is_shown_once_works_and_is_revoked(client: Client, admit: Admit, org: Org) -> None:
    visitor = admit(Role.ADMIN)
    assert "No keys" in text_of(visitor.get("/console/keys"))
    made = visitor.post("/console/keys", {"name": ATTACK, "scope": "read"})
    assert b"<script>alert" not in made.body
    found = KEY.search(made.body.decode())
    assert found
    assert client("GET", "/contacts", x_api_key=found[0]).status == 200
    listed = visitor.get("/console/keys")
    assert not KEY.search(listed.body.decode())
    action = re.search(r"/console/keys/key_[0-9A-Z]+/revoke", listed.body.decode())
    assert action
    assert "revoked" in text_of(visitor.follow(visitor.post(action[0])))
    assert client("GET", "/contacts", x_api_key=found[0]).status == 401
    assert visitor.post("/console/keys", {"scope": "everything"}).status == 422


def test_viewers_see_no_form_that_they_may_not_send(admit: Admit, org: Org) -> None:
    visitor = admit(Role.VIEWER)
    for path in ("/console/keys", "/console/org", "/console/webhooks"):
        assert b'class="primary"' not in visitor.get(path).body, path


def test_the_org_is_changed_a_card_at_a_time(admit: Admit, org: Org) -> None:
    visitor = admit(Role.ADMIN)
    visitor.get("/console/org")
    forms: dict[str, dict[str, str]] = {
        "https://b.example</textarea>": {
            "allowed_origins": "https://a.example\nhttps://b.example/"
        },
        "https://a.example/thanks": {"redirect_targets": "https://a.example/thanks"},
        'value="1500"': {"min_fill_ms": "1500"},
        'value="require-pow" checked': {"spam_mode": "require-pow"},
        'value="7"': {"capture_rate_per_email": "7"},
        'value="#aabbcc"': {"page.name": ATTACK, "page.color": "#aabbcc"},
    }
    for form in forms.values():
        assert "Saved" in text_of(visitor.follow(visitor.post("/console/org", form)))
    body = visitor.get("/console/org").body.decode()
    assert [said for said in forms if said not in body] == []
    assert ATTACK not in body


def test_what_is_wrong_is_said_beside_the_field(admit: Admit, org: Org) -> None:
    visitor = admit(Role.ADMIN)
    visitor.get("/console/org")
    for field, value in {
        "allowed_origins": "https://a.example/path",
        "redirect_targets": "javascript:alert(1)",
        "min_fill_ms": "soon",
        "spam_mode": "refuse",
        "page.color": "red",
        "page.logo_url": "javascript:alert(1)",
    }.items():
        reply = visitor.post("/console/org", {field: value})
        assert reply.status == 422, field
        assert b'role="alert"' in reply.body, field


def test_a_refused_origin_is_allowed_with_one_click(admit: Admit, org: Org) -> None:
    visitor = admit(Role.ADMIN)
    visitor.get("/console/org")
    visitor.post("/console/org", {"allowed_origins": "https://a.example"})
    reply = visitor.post("/console/org/allow", {"origin": "https://b.example"})
    said = visitor.follow(reply).body.decode()
    assert "https://a.example\nhttps://b.example" in said
    reply = visitor.post("/console/org/allow", {"origin": "no origin"})
    assert "not a valid origin" in text_of(visitor.follow(reply))


def test_the_system_says_what_works_and_what_each_line_means(admit: Admit, org: Org) -> None:
    visitor = admit(Role.VIEWER)
    reply = visitor.get("/console/system")
    said = text_of(reply)
    assert "Something needs repair" in said  # no worker runs in this test
    assert "1 web" in said
    assert "0 captures" in said
    assert "fsyncs always" in said
    assert "To do:" in said
    part = visitor.get("/console/system", hx_request="true")
    assert b"<html" not in part.body


def test_users_of_other_orgs_see_counts_and_no_hosts(
    admit: Admit, client: Client, database: Database, org: Org
) -> None:
    other = make_org(database, "other")
    visitor = Visitor(client, host="other.localhost")
    visitor.sign_in(make_link(database, make_user(database, other, "o@example.com", Role.ADMIN)))
    said = text_of(visitor.get("/console/system"))
    assert "Users of the default org see the details" in said
    assert "To do:" not in said


#: A search in the audit log, and whether it finds a key's and a user's creation.
AUDIT_SEARCHES = {
    "": (True, True),
    "action=key": (True, False),
    "action=key.created": (True, False),
    "action=webhook": (False, False),
    "actor=manage": (False, True),
    "subject_id=nothing": (False, False),
    "from=2020-01-01&to=2020-01-02": (False, False),
    "from=2020-01-01": (True, True),
}


def test_the_audit_log_is_filtered_by_who_what_and_when(admit: Admit, org: Org) -> None:
    visitor = admit(Role.ADMIN)
    visitor.get("/console/keys")
    visitor.post("/console/keys", {"name": "CRM"})
    for search, found in AUDIT_SEARCHES.items():
        reply = visitor.get(f"/console/audit?{search}")
        said = text_of(reply)
        assert reply.status == 200, search
        assert ("key created" in said, "user created" in said) == found, search
        assert ("No entry matches" in said) is (not any(found)), search
    for search in ("to=soon", "from=soon", "action=a.b.c", "cursor=x"):
        assert visitor.get(f"/console/audit?{search}").status == 422, search


def test_the_audit_log_is_exported(admit: Admit, org: Org) -> None:
    visitor = admit(Role.OPERATOR)
    reply = visitor.get("/console/audit/export?action=user")
    actions = [row["action"] for row in csv.DictReader(io.StringIO(reply.body.decode()))]
    assert "user.created" in actions
    assert all(action.startswith("user.") for action in actions)


@pytest.mark.parametrize(
    "path",
    [
        "/console/audit/export?from=yesterday",
        "/console/audit/export?to=yesterday",
        f"/console/contacts/export?q={'x' * 2000}",
    ],
)
def test_what_cannot_be_exported_is_refused_before_a_file_begins(
    admit: Admit, database: Database, path: str
) -> None:
    assert admit(Role.OPERATOR).get(path).status == 422
    with transaction(database) as cursor:
        cursor.execute("SELECT count(*) FROM audit_log WHERE action LIKE '%%.exported'")
        assert cursor.fetchall() == [(0,)]


def test_contacts_are_exported_without_formulas(admit: Admit, database: Database, org: Org) -> None:
    leads = [
        make_capture(org, "a@example.com", first_name="=1+1", metadata={"note": "b, c"}),
        make_capture(org, "b@example.com", source="paid"),
    ]
    with transaction(database) as cursor:
        record(cursor, leads, now())
    visitor = admit(Role.OPERATOR)
    reply = visitor.get("/console/contacts/export?source=organic")
    (row,) = csv.DictReader(io.StringIO(reply.body.decode()))
    assert (row["first_name"], row["metadata"]) == ("'=1+1", '{"note":"b, c"}')
    assert visitor.get("/console/contacts/export?as=ndjson").body.count(b"\n") == 2


def test_forms_show_what_came_from_which(admit: Admit, database: Database, org: Org) -> None:
    visitor = admit(Role.VIEWER)
    assert "No form has sent a lead yet" in text_of(visitor.get("/console/forms"))
    leads = [
        make_capture(org, "a@example.com", form="demo", referrer="https://x.example/pricing?a=1"),
        make_capture(org, "b@example.com", form="demo", referrer=ATTACK),
        make_capture(org, "c@example.com", form="demo", quarantine="honeypot"),
        make_capture(org, "d@example.com"),
    ]
    with transaction(database) as cursor:
        record(cursor, leads, now())
        cursor.execute("UPDATE contacts SET stage = 'customer' WHERE email = 'a@example.com'")
    reply = visitor.get("/console/forms?name=contact us")
    said = text_of(reply)
    assert "demo x.example/pricing 1" in said
    assert "50% 1 1 quarantined" in said
    assert "No name" in said
    assert 'data-rex="contact-us"' in said
    assert "/rex.js" in said
    assert ATTACK.encode() not in reply.body


AT = datetime(2026, 3, 16, 12, tzinfo=UTC)


def test_figures_of_forms() -> None:
    leads = [
        FormLead(AT, "demo", "https://x.example/a?b#c", "recorded", "customer"),
        FormLead(AT - timedelta(days=1), "demo", "https://x.example/a/", "recorded", "lead"),
        FormLead(AT - timedelta(days=9), "demo", None, "quarantined", None),
        FormLead(AT, None, None, "rejected", None),
    ]
    demo, unnamed = by_form(leads, AT.date(), 3)
    assert demo[:5] == ("demo", 2, 1, 0, 1)
    assert demo.pages == [("x.example/a", 2)]
    assert [day[1:] for day in demo.days] == [(0, 0), (1, 0), (1, 1)]
    assert unnamed[:5] == ("", 0, 0, 1, 0)


@pytest.mark.parametrize("text", [None, "", "nonsense", "http://[broken", "/path"])
def test_no_page(text: str | None) -> None:
    assert page_of(text) == ""
