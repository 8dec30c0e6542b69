"""A Redis that may lose what it acknowledged is used like one that is away."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
import redis

from app.main import make_app
from app.queue.jobs import CAPTURES, KEYS
from app.storage.database import Database, drop_connection, open_database, transaction
from config.settings import Settings
from scripts.system.embedded import Embedded
from tests.asgi import Client
from tests.factories import make_org
from tests.ingress.conftest import running
from tests.waiting import eventually
from workers.scheduler import fallback_tasks

VOLATILE = {"appendonly": "no"}
EVERY_SECOND = {"appendfsync": "everysec"}


@contextmanager
def own_valkey(
    database_url: str, valkey_settings: Mapping[str, str]
) -> Iterator[tuple[Embedded, Settings]]:
    """A Valkey of a test alone, and the settings that name it."""
    with Embedded(postgres=False, valkey_settings=valkey_settings) as running_servers:
        yield running_servers, Settings(database_url, running_servers.redis_url, b"k" * 32)


@pytest.fixture(autouse=True)
def org(database: Database) -> None:
    make_org(database)


def capture(ask: Client, email: str) -> int:
    return ask("POST", "/capture", {"email": email}).status


def queue_state(ask: Client) -> str:
    reply = ask("GET", "/readyz")
    assert reply.status == 200
    return str(reply.json["dependencies"]["queue"])


def queued(client: redis.Redis) -> int:
    return int(client.xlen(KEYS.stream(CAPTURES)))


@pytest.mark.parametrize("valkey_settings", [VOLATILE, EVERY_SECOND])
def test_nothing_is_lost_when_a_volatile_redis_is_killed(
    database_url: str, valkey_settings: Mapping[str, str]
) -> None:
    leads = {f"lead{number}@example.com" for number in range(7)}
    with own_valkey(database_url, valkey_settings) as (embedded, settings):
        with running(make_app(settings)) as ask:
            assert queue_state(ask).startswith("volatile")
            assert {capture(ask, lead) for lead in leads} == {202}
        embedded.valkey.kill()
        embedded.valkey.start()
        assert recorded(settings) == leads


def recorded(settings: Settings) -> set[str]:
    """The addresses of contacts after the scheduler has looked at the fallback table."""
    database = open_database(settings.database_url, pool_size=3)
    (task,) = fallback_tasks(settings)
    task.do()
    with transaction(database) as cursor:
        cursor.execute("SELECT email FROM contacts")
        found = {email for (email,) in cursor.fetchall()}
    drop_connection(database)
    return found


def test_a_volatile_redis_is_used_when_the_operator_says_so(database_url: str) -> None:
    with own_valkey(database_url, VOLATILE) as (embedded, settings):
        app = make_app(replace(settings, allow_volatile_queue=True))
        with running(app) as ask, closing(redis.Redis.from_url(embedded.redis_url)) as client:
            assert capture(ask, "ada@example.com") == 202
            assert queued(client) == 1
            assert queue_state(ask).startswith("ok; appendonly is off")


@pytest.mark.parametrize("forbidden", [False, True])
def test_a_redis_that_becomes_volatile_is_left_and_used_again_when_it_is_durable(
    database_url: str, forbidden: bool
) -> None:
    with (
        own_valkey(database_url, {}) as (embedded, settings),
        closing(redis.Redis.from_url(embedded.redis_url)) as client,
    ):
        if forbidden:  # as many services do; INFO still tells
            client.acl_setuser("operator", enabled=True, nopass=True, categories=["+@all"])
            client.acl_setuser(
                *("default", True), keys=["*"], categories=["+@all"], commands=["-config"]
            )
        operator = redis.Redis(
            host="127.0.0.1",
            port=client.connection_pool.connection_kwargs["port"],
            username="operator" if forbidden else "default",
            password="" if forbidden else client.connection_pool.connection_kwargs["password"],
        )
        with closing(operator), running(make_app(settings)) as ask:
            assert capture(ask, "one@example.com") == 202
            assert queued(client) == 1
            operator.config_set("appendonly", "no")
            eventually(lambda: queue_state(ask).startswith("volatile"))
            assert capture(ask, "two@example.com") == 202
            assert queued(client) == 1
            operator.config_set("appendonly", "yes")
            eventually(lambda: queue_state(ask).startswith("ok"))
            eventually(
                lambda: (
                    capture(ask, f"{time.monotonic()}@example.com") == 202 and queued(client) > 1
                )
            )
