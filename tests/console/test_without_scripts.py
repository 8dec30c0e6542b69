"""Every action of the console works in a browser without scripts: by the forms of its pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from types import MappingProxyType
from typing import NamedTuple

import pytest
import redis

from app.console.routes import ROUTES
from app.console.serve import ConsoleRoute
from app.domain.org.org import Org
from app.domain.org.user import Role
from app.domain.times import now
from app.queue.admission import REFUSED_ORIGIN, refusals_key
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client
from tests.browsing import Browsing
from tests.console.conftest import Admit, make_link, make_user
from tests.factories import HOOK_URL, make_capture, make_webhook
from tests.visitor import Visitor

PASSWORD = "three words and more"
#: Where the last form led.
HERE = ""


class Action(NamedTuple):
    """A POST route, the page with its form, what the next page says, and what is typed."""

    route: str
    page: str
    says: str
    typed: Mapping[str, str] = MappingProxyType({})


LEAD, HOOK, PERSON = "/console/leads/{id}", "/console/webhooks/{id}", "/console/contacts/{id}"
USER, ACCOUNT = "/console/users/{id}", "/console/account"
#: In this order: some need what others leave.
ACTIONS = (
    Action("/console/sign-in/{token}", "{link}", "the last 24 hours"),
    Action(f"{ACCOUNT}/sessions/{{id}}/end", ACCOUNT, "The session has ended"),
    Action(f"{ACCOUNT}/password", ACCOUNT, "Your password was changed", {"new": PASSWORD}),
    Action("/console/sign-out", "/console/", "You are signed out"),
    Action(
        "/console/sign-in",
        "/console/sign-in",
        "the last 24 hours",
        {"email": "ada@example.com", "password": PASSWORD},
    ),
    Action(f"{LEAD}/release", "/console/leads/{held}", "Released"),
    Action("/console/quarantine/release", "/console/quarantine", "1 lead released"),
    Action(f"{LEAD}/spam", "/console/leads/{lead}", "Marked as spam"),
    Action(f"{LEAD}/not-spam", "/console/leads/{lead}", "Marked as not spam"),
    Action(f"{LEAD}/retry", "/console/leads/{lead}", "sent again now"),
    Action("/console/deliveries/{id}/retry", "/console/leads/{other lead}", "sent again now"),
    Action("/console/deliveries/retry-all", "/console/deliveries/retry-all", "sent again now"),
    Action("/console/webhooks", "/console/webhooks", "whsec_", {"url": HOOK_URL + "2"}),
    Action(f"{HOOK}/ping", "/console/webhooks/{webhook}", "A test event is on its way"),
    Action(f"{HOOK}/status", "/console/webhooks/{webhook}", "Paused"),
    Action(f"{HOOK}/rotate", "/console/webhooks/{webhook}", "whsec_"),
    Action(f"{HOOK}/edit", "/console/webhooks/{webhook}", "Changed: name", {"name": "Mail"}),
    Action(f"{HOOK}/replay", "/console/webhooks/{webhook}?replay=24h", "events sent"),
    Action("/console/replays/{id}/cancel", HERE, "cancelled"),
    Action(f"{HOOK}/delete", "/console/webhooks/{webhook}", "The webhook was deleted"),
    Action(f"{PERSON}/edit", "/console/contacts/{person}", "Changed: phone", {"phone": "+1 2"}),
    Action(f"{PERSON}/export", "/console/contacts/{person}", "ada@example.com"),
    Action(f"{PERSON}/delete", "/console/contacts/{person}", "The contact was deleted"),
    Action(f"{PERSON}/erase", "/console/contacts/{other person}", "The person was erased"),
    Action("/console/keys", "/console/keys", "rex_", {"name": "CRM"}),
    Action("/console/keys/{id}/revoke", "/console/keys", "The key is revoked"),
    Action("/console/org", "/console/org", "Saved", {"allowed_origins": "https://a.example"}),
    Action("/console/org/allow", "/console/org", "https://b.example may now send leads"),
    Action("/console/users", "/console/users", "/console/sign-in/", {"email": "eve@example.com"}),
    Action(f"{USER}/link", "/console/users", "/console/sign-in/"),
    Action(f"{USER}/role", "/console/users", "is viewer now", {"role": "viewer"}),
    Action(f"{USER}/disable", "/console/users", "may not sign in again"),
    Action(f"{USER}/enable", "/console/users", "may sign in again"),
    Action(f"{USER}/delete", "/console/users", "was deleted"),
)


def test_each_action_has_its_line() -> None:
    ours = [route for route in ROUTES if isinstance(route, ConsoleRoute)]
    posted = [route.path for route in ours if "POST" in (route.methods or ())]
    assert sorted(each.route for each in ACTIONS) == sorted(posted)


@pytest.fixture
def ids(database: Database, org: Org, redis_url: str) -> dict[str, str]:
    """What there is to act on: the ids that pages are about."""
    webhook = make_webhook(database, org, name="CRM")
    leads = [make_capture(org, f"{name}@example.com") for name in ("ada", "grace", "alan")]
    held = [make_capture(org, f"bot{n}@example.com", quarantine="honeypot") for n in range(2)]
    with transaction(database) as cursor:
        record(cursor, [*leads, *held], now())
        cursor.execute(
            "UPDATE deliveries SET status = 'failed', attempts = 1, next_attempt_at = NULL"
        )
    with closing(redis.Redis.from_url(redis_url)) as client:
        key = refusals_key(org.id, f"{now():%Y-%m-%d}")
        client.hincrby(key, f"{REFUSED_ORIGIN}https://b.example", 3)
    user = make_user(database, org, "bob@example.com", Role.OPERATOR)
    return {
        "webhook": webhook.id,
        "lead": leads[0].id,
        "other lead": leads[1].id,
        "person": leads[0].contact_id,
        "other person": leads[1].contact_id,
        "held": held[0].id,
        "bob": user.id,
    }


def test_every_action_works_without_scripts(
    client: Client, database: Database, org: Org, ids: dict[str, str]
) -> None:
    ada = make_user(database, org, "ada@example.com", Role.ADMIN)
    Visitor(client).sign_in(make_link(database, ada))  # on another browser
    browsing = Browsing(Visitor(client))
    ids["link"] = make_link(database, ada)
    for each in ACTIONS:
        page = each.page.format(**ids) if each.page else browsing.here
        about = ids["bob"] if each.route.startswith(USER) else "[^/]+"
        said = browsing.submit(page, re.sub(r"\{\w+\}", about, each.route), each.typed)
        assert each.says in said, (each.route, said[:2000])


def test_every_search_works_without_scripts(admit: Admit, ids: dict[str, str]) -> None:
    browsing = Browsing(admit(Role.ADMIN))
    nouns = ("leads", "contacts", "deliveries", "audit", "forms", f"webhooks/{ids['webhook']}")
    for noun in nouns:
        answered = browsing.searches(f"/console/{noun}")
        assert answered, noun
        assert set(answered.values()) == {200}, answered
