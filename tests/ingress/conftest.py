"""The capture endpoint over real servers, called in this process; nobody works on the queue.

One application serves all tests of a module; each test has an org of its own, at its own host name.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing, contextmanager
from ipaddress import ip_network
from typing import Any, Protocol

import msgspec
import pytest
import redis
from starlette.applications import Starlette

from app.domain.org.api_key import Scope, generate_key
from app.domain.org.org import Org
from app.main import make_app
from app.queue.jobs import CAPTURES, KEYS
from app.storage.database import transaction
from app.storage.org import api_keys
from config.settings import Settings
from scripts.system.embedded import Embedded
from tests.asgi import Client, Reply
from tests.databases import Databases
from tests.factories import make_org

BASE_DOMAIN = "rex.test"
_NUMBERS = itertools.count(1)


class Site:
    """An org and a way to capture for it."""

    def __init__(self, app: Starlette, client: Client, redis_url: str, org: Org) -> None:
        self.org = org
        self._services = app.state.services
        self._client = client
        self._redis_url = redis_url

    @property
    def host(self) -> str:
        return f"{self.org.slug}.{BASE_DOMAIN}"

    def __call__(
        self, body: object, method: str = "POST", path: str = "/capture", **headers: str | None
    ) -> Reply:
        """Send a request; bytes as they are, anything else as JSON."""
        return self._client(method, path, body, **{"host": self.host, **headers})

    def make_key(self, scope: Scope) -> str:
        """A new key of the org, known at once."""
        key = generate_key("test")
        with transaction(self._services.database) as cursor:
            api_keys.insert(cursor, self.org.id, None, scope, key)
        self._services.tenants.refresh()
        return key.text

    def queued(self) -> list[dict[str, Any]]:
        """What of the org is in the queue: its captures in the order of their coming."""
        with closing(redis.Redis.from_url(self._redis_url)) as client:
            found: Any = client.xrange(KEYS.stream(CAPTURES))
        jobs = [msgspec.json.decode(fields[b"job"]) for _, fields in found]
        captures = [capture for job in jobs for capture in job["args"][0]]
        ours = [capture for capture in captures if capture["org_id"] == self.org.id]
        return sorted(ours, key=lambda capture: str(capture["id"]))


class MakeSite(Protocol):
    """Makes a new org with these settings."""

    def __call__(self, **settings: Any) -> Site: ...


@pytest.fixture(scope="module")
def ingress_settings(embedded: Embedded, databases: Databases) -> Iterator[Settings]:
    """Settings of an application with a database of its own; loopback counts as a proxy."""
    with closing(redis.Redis.from_url(embedded.redis_url)) as client:
        client.flushall()  # jobs that the tests before have left
    with databases.migrated() as database_url:
        yield Settings(
            database_url=database_url,
            redis_url=embedded.redis_url,
            secret_key=b"k" * 32,
            base_domain=BASE_DOMAIN,
            trusted_proxies=(ip_network("127.0.0.0/8"),),
        )


@pytest.fixture(scope="module")
def make_site(ingress_settings: Settings) -> Iterator[MakeSite]:
    """Sites of one application, which is stopped after the module's last test."""
    app = make_app(ingress_settings)

    with running(app) as client:

        def make(**settings: Any) -> Site:
            org = make_org(app.state.services.database, f"org{next(_NUMBERS)}", **settings)
            app.state.services.tenants.refresh()
            return Site(app, client, ingress_settings.redis_url, org)

        yield make


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """An org with the default settings."""
    return make_site()


@contextmanager
def running(app: Starlette) -> Iterator[Client]:
    """The application, started."""
    client = Client(app)
    client.start()
    try:
        yield client
    finally:
        client.stop()
