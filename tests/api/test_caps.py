"""One org may have so many webhooks, running replays and pings; another's do not count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.domain.org.org import Org
from app.main import make_app
from app.storage.database import Database
from config.settings import Settings
from tests.api.conftest import SECRET_KEY
from tests.asgi import Client
from tests.factories import make_org, make_webhook

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def ask(database_url: str, redis_url: str, key: str) -> Iterator[Client]:
    """Calls an application that allows two of everything."""
    settings = Settings(database_url, redis_url, SECRET_KEY, allow_private_webhooks=True)
    two = replace(settings, webhooks_per_org_max=2, replays_per_org_max=2, ping_rate_per_org=2)
    client = Client(make_app(two), {"x-api-key": key})
    client.start()
    yield client
    client.stop()


def test_webhooks_are_capped_and_deleted_ones_do_not_count(ask: Client, database: Database) -> None:
    make_webhook(database, make_org(database, "globex"))
    replies = [ask("POST", "/webhooks", {"url": URL}) for _ in range(3)]
    ask("DELETE", f"/webhooks/{replies[0].json['data']['id']}")

    assert [reply.status for reply in replies] == [201, 201, 409]
    assert "2 webhooks" in replies[2].json["error"]["message"]
    assert ask("POST", "/webhooks", {"url": URL}).status == 201


def test_running_replays_are_capped(ask: Client, database: Database, org: Org) -> None:
    target = f"/webhooks/{make_webhook(database, org).id}/replay"
    replies = [ask("POST", target) for _ in range(3)]
    ask("DELETE", f"/replays/{replies[0].json['data']['id']}")

    assert [reply.status for reply in replies] == [202, 202, 409]
    assert ask("POST", target, {"dry_run": True}).status == 200
    assert ask("POST", target).status == 202


def test_pings_are_capped(ask: Client, database: Database, org: Org) -> None:
    webhooks = [make_webhook(database, org).id for _ in range(3)]

    replies = [ask("POST", f"/webhooks/{webhook_id}/ping") for webhook_id in webhooks]

    assert [reply.status for reply in replies] == [202, 202, 429]
    assert int(replies[2].headers["retry-after"]) == 60
