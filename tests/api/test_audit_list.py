"""`GET /audit`: an org's changes by who, what and when."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.org.api_key import Scope
from app.domain.org.org import Org
from app.storage.database import Database, transaction
from app.storage.org import audit, audit_lists
from tests.api.conftest import make_key
from tests.asgi import Client
from tests.factories import make_org

WEBHOOK, KEY = "whk_01KKV1Z3M7H3N5P8S1V4X6Z9AB", "key_01KKV1Z3M7H3N5P8S1V4X6Z9AB"
#: Action, actor and subject of each entry, the first first.
ENTRIES = [
    ("webhook.created", KEY, WEBHOOK),
    ("webhook.updated", KEY, WEBHOOK),
    ("key.created", audit.MANAGE, KEY),
    ("webhook.disabled", audit.SYSTEM, WEBHOOK),
    ("authentication.failed", audit.ANONYMOUS, None),
]


@pytest.fixture(autouse=True)
def entries(database: Database, org: Org) -> None:
    other = make_org(database, "globex")
    for action, actor, subject in ENTRIES:
        with transaction(database) as cursor:
            audit.note(cursor, action, actor=actor, org_id=org.id, subject_id=subject, count=1)
            audit.note(cursor, "org.updated", actor=actor, org_id=other.id)
            audit.note(cursor, "retention.run", actor=audit.MANAGE, org_id=None)


def actions(ask: Client, query: str) -> list[str]:
    reply = ask("GET", f"/audit?{query}")
    assert reply.status == 200, reply.json
    return [each["action"] for each in reply.json["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [4, 3, 2, 1, 0]),
        ("sort=created_at", [0, 1, 2, 3, 4]),
        (f"actor={KEY}", [1, 0]),
        ("actor=anonymous", [4]),
        ("action=webhook.created,key.created", [2, 0]),
        ("action=webhook.*", [3, 1, 0]),
        (f"subject_id={WEBHOOK}&actor=system", [3]),
        ("since=2020-01-01", [4, 3, 2, 1, 0]),
        ("until=2020-01-01", []),
        ("limit=2", [4, 3]),
    ],
)
def test_the_orgs_entries_are_listed_by_who_what_and_when(
    ask: Client, query: str, expected: list[int]
) -> None:
    assert actions(ask, query) == [ENTRIES[index][0] for index in expected]


def test_an_entry_says_who_did_what_to_which(ask: Client) -> None:
    (entry,) = ask("GET", "/audit?limit=1&action=key.created&actor=manage").json["data"]

    assert entry.pop("id").startswith("aud_")
    assert entry.pop("created_at").endswith("Z")
    assert entry == {
        "action": "key.created",
        "actor": "manage",
        "subject_id": KEY,
        "details": {"count": 1},
    }


@pytest.mark.parametrize("filtered", ["", "&action=webhook.*"])
def test_the_cursor_leads_to_each_entry_once(
    ask: Client, monkeypatch: pytest.MonkeyPatch, filtered: str
) -> None:
    monkeypatch.setattr(audit_lists, "LOOKED_AT_MAX", 2)  # a page may be empty and go on
    found: list[str] = []
    page: dict[str, Any] = {"next_cursor": "", "has_more": True}
    while page["has_more"]:
        page = ask("GET", f"/audit?limit=1{filtered}&cursor={page['next_cursor']}").json
        found += [each["action"] for each in page["data"]]

    wanted = [action for action, *_ in reversed(ENTRIES)]
    assert found == [each for each in wanted if not filtered or each.startswith("webhook.")]


@pytest.mark.parametrize("scope", [Scope.READ, Scope.CAPTURE_ONLY])
def test_a_key_that_may_read_may_read_it(
    ask: Client, database: Database, org: Org, scope: Scope
) -> None:
    reply = ask("GET", "/audit", x_api_key=make_key(database, org, scope))

    assert reply.status == (200 if scope is Scope.READ else 403)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("action=webhook", "action"),
        ("action=,", "action"),
        ("since=yesterday", "since"),
        ("cursor=x", "cursor"),
        ("who=me", "who"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(ask: Client, query: str, name: str) -> None:
    reply = ask("GET", f"/audit?{query}")

    assert reply.status == 422
    assert name in str(reply.json["error"])


def test_a_page_of_a_long_log_takes_the_walk_of_one_index(database: Database, org: Org) -> None:
    with transaction(database) as cursor:
        cursor.execute(
            "INSERT INTO audit_log (id, org_id, actor, action) SELECT 'aud_' || lpad(n::text, 26,"
            " '0'), %s, 'key_x', 'contact.updated' FROM generate_series(1, 50000) n; ANALYZE",
            (org.id,),
        )
        wanted = audit_lists.Wanted(org.id, "aud_", "aud_~", actor="nobody")
        looked = audit_lists.page(cursor, wanted, 50, newest_first=False)
        cursor.execute("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'audit_log'")
        ((scans,),) = cursor.fetchall()

    assert looked == audit_lists.Looked([], f"aud_{audit_lists.LOOKED_AT_MAX:026}", has_more=True)
    assert scans == 0
