"""/readyz tells what the product can do with its servers, not only that they answer."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg2
import pytest

from app.main import make_app
from app.storage.database import open_database
from app.storage.migrate import migrate
from config.settings import Settings
from scripts.system.embedded import Embedded
from tests.api.conftest import SECRET_KEY
from tests.asgi import Client
from tests.factories import make_org
from tests.waiting import eventually


@pytest.fixture
def ask(own_embedded: Embedded) -> Iterator[Client]:
    migrate(own_embedded.database_url)
    make_org(open_database(own_embedded.database_url))
    settings = Settings(own_embedded.database_url, own_embedded.redis_url, SECRET_KEY)
    client = Client(make_app(settings))
    client.start()
    yield client
    client.stop()


def make_read_only(servers: Embedded, value: str) -> None:
    """For the sessions that are there, too, as in a failover that keeps connections."""
    connection = psycopg2.connect(servers.database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()


def test_a_queue_without_the_replicas_that_are_required_needs_the_database(
    own_embedded: Embedded,
) -> None:
    migrate(own_embedded.database_url)
    make_org(open_database(own_embedded.database_url))
    urls = own_embedded.database_url, own_embedded.redis_url
    client = Client(make_app(Settings(*urls, SECRET_KEY, redis_replicas_required=1)))
    client.start()
    try:
        answer = client("GET", "/readyz")
        assert answer.json["dependencies"]["queue"].startswith("on too few replicas")
        assert answer.status == 200

        make_read_only(own_embedded, "on")
        eventually(lambda: client("GET", "/readyz").status == 503)
    finally:
        client.stop()


def test_a_database_that_takes_no_writes_is_away_until_it_does(
    ask: Client, own_embedded: Embedded
) -> None:
    def state() -> str:
        return str(ask("GET", "/readyz").json["dependencies"]["database"])

    assert state() == "ok"
    urls = {"queue": own_embedded.redis_url, "database": own_embedded.database_url}
    addresses = {name: urlsplit(url).netloc.rpartition("@")[2] for name, url in urls.items()}
    assert ask("GET", "/readyz").json["servers"] == addresses
    make_read_only(own_embedded, "on")
    eventually(lambda: state() == "away")
    assert ask("GET", "/readyz").status == 200, "captures are still taken: the queue works"

    own_embedded.valkey.kill()
    assert ask("GET", "/readyz").status == 503

    make_read_only(own_embedded, "off")
    eventually(lambda: state() == "ok")
    assert ask("GET", "/readyz").status == 200
