"""The whole web application over real servers, called in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from app.domain.org.api_key import Scope, generate_key
from app.domain.org.org import Org
from app.main import make_app
from app.storage.database import Database, transaction
from app.storage.org import api_keys
from config.settings import Settings
from tests.asgi import Client
from tests.factories import make_org

SECRET_KEY = b"k" * 32


@pytest.fixture
def org(database: Database) -> Org:
    """The default org."""
    return make_org(database)


@pytest.fixture
def key(database: Database, org: Org) -> str:
    """A read-write key of the default org."""
    return make_key(database, org, Scope.READ_WRITE)


@pytest.fixture
def app(database_url: str, redis_url: str) -> Starlette:
    """The application, not started."""
    settings = Settings(
        database_url=database_url,
        redis_url=redis_url,
        secret_key=SECRET_KEY,
        allow_private_webhooks=True,
        api_rate_per_key=0,
    )
    return make_app(settings)


@pytest.fixture
def ask(app: Starlette, key: str) -> Iterator[Client]:
    """Calls the started application with the key: `ask("GET", "/contacts")`."""
    client = Client(app, {"x-api-key": key})
    client.start()
    yield client
    client.stop()


def make_key(database: Database, org: Org, scope: Scope) -> str:
    """The text of a new key."""
    new = generate_key("test")
    with transaction(database) as cursor:
        api_keys.insert(cursor, org.id, None, scope, new)
    return new.text
