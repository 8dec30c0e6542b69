"""The whole web application over real servers, and people who visit its console."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette

from app.domain.org.org import Org
from app.domain.org.user import Role, User
from app.main import make_app
from app.storage.database import Database, transaction
from app.storage.org import audit, user_service
from config.settings import Settings
from tests.asgi import Client
from tests.factories import make_org
from tests.visitor import Visitor

SECRET_KEY = b"k" * 32
Admit = Callable[..., Visitor]


@pytest.fixture
def org(database: Database) -> Org:
    """The default org."""
    return make_org(database)


@pytest.fixture
def app(database_url: str, redis_url: str) -> Starlette:
    """The application, not started."""
    return make_app(
        Settings(
            database_url=database_url,
            redis_url=redis_url,
            secret_key=SECRET_KEY,
            allow_private_webhooks=True,
            api_rate_per_key=0,
        )
    )


@pytest.fixture
def client(app: Starlette) -> Iterator[Client]:
    """The started application."""
    client = Client(app)
    client.start()
    yield client
    client.stop()


@pytest.fixture
def admit(client: Client, database: Database, org: Org) -> Admit:
    """Signs somebody in: `admit(Role.VIEWER)`."""

    def admit(role: Role = Role.ADMIN, email: str = "") -> Visitor:
        visitor = Visitor(client)
        user = make_user(database, org, email or f"{role}@example.com", role)
        visitor.sign_in(make_link(database, user))
        return visitor

    return admit


def make_user(database: Database, org: Org, email: str, role: Role) -> User:
    """A stored user."""
    with transaction(database) as cursor:
        return user_service.create(cursor, org.id, email, role, audit.MANAGE)


def make_link(database: Database, user: User) -> str:
    """The path of a link by which the user signs in."""
    with transaction(database) as cursor:
        token = user_service.make_link(cursor, user, audit.MANAGE)
    return f"/console/sign-in/{token.text}"
