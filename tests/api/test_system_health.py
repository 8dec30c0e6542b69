"""GET /health tells whether anybody works, what waits and what is wrong, whatever is away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.domain.org.api_key import Scope
from app.main import make_app
from app.storage.database import Database, open_database
from app.storage.migrate import migrate
from config.settings import Settings
from scripts.system.embedded import Embedded
from tests.api.conftest import SECRET_KEY, make_key
from tests.asgi import Client
from tests.factories import make_org, make_webhook
from tests.statements import execute
from tests.waiting import eventually
from tests.workers.outcomes import owe


@pytest.fixture
def database(own_embedded: Embedded) -> Database:
    migrate(own_embedded.database_url)
    return open_database(own_embedded.database_url)


@pytest.fixture
def ask(own_embedded: Embedded, database: Database) -> Iterator[Client]:
    org = make_org(database)
    make_webhook(database, org)
    owe(database, org, 2)
    settings = Settings(own_embedded.database_url, own_embedded.redis_url, SECRET_KEY)
    client = Client(make_app(settings), {"x-api-key": make_key(database, org, Scope.READ)})
    client.start()
    yield client
    client.stop()


def test_health_names_what_is_wrong_and_how_old_the_oldest_is(
    ask: Client, database: Database
) -> None:
    assert ask("GET", "/health", x_api_key=None).status == 401
    eventually(lambda: ask("GET", "/health").json["data"]["processes"]["web"] == 1)
    execute(database, "UPDATE deliveries SET next_attempt_at = now() - interval '2 minutes'")
    eventually(lambda: ask("GET", "/health").json["data"]["oldest_seconds"]["first_attempt"] > 99)
    health = ask("GET", "/health").json["data"]
    assert health["processes"] == {"web": 1, "captures": 0, "deliveries": 0, "scheduler": 0}
    assert 120 <= health["oldest_seconds"].pop("first_attempt") < 180
    assert health["oldest_seconds"] == {"capture": 0, "fallback": 0, "retry": 0}
    assert health["status"] == "failed"
    failed = {each["check"] for each in health["problems"] if each["status"] == "failed"}
    dead = {"captures is alive", "deliveries is alive", "scheduler is alive"}
    assert failed == {*dead, "first attempts leave"}


@pytest.mark.all_only
def test_while_one_server_is_away_the_other_knows_who_works(
    ask: Client, own_embedded: Embedded
) -> None:
    eventually(lambda: ask("GET", "/health").json["data"]["processes"]["web"] == 1)
    for server, name in ((own_embedded.postgres, "postgresql"), (own_embedded.valkey, "redis")):
        server.kill()
        eventually(lambda: ask("GET", "/health").json["data"]["oldest_seconds"] is None)
        health = ask("GET", "/health").json["data"]
        assert health["processes"]["web"] == 1, "the other server knows"
        assert (name, "answers") in {(each["group"], each["check"]) for each in health["problems"]}
        server.start()
        eventually(lambda: ask("GET", "/health").json["data"]["oldest_seconds"] is not None)
