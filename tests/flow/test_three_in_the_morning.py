"""docs/three-in-the-morning.md, row by row: broken so, the doctor shows that line."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
import redis

from app.domain.system.finding import Status
from app.monitoring.doctor import QUICK, examine
from app.monitoring.system import make_system
from app.queue.jobs import CAPTURES, KEYS
from config.settings import Settings
from scripts.client import Rex
from scripts.system.whole import WholeSystem
from tests.flow.systems import running_system
from tests.waiting import eventually

pytestmark = pytest.mark.all_only

PAGE = Path(__file__).resolve().parents[2] / "docs" / "three-in-the-morning.md"
WORKERS = ("captures", "deliveries", "scheduler")
#: A process is silent for 16 s before it counts as dead.
PATIENCE_SECONDS = 60.0

Break = Callable[[WholeSystem], Iterator[Settings]]


@pytest.fixture(scope="module")
def system() -> Iterator[WholeSystem]:
    with running_system() as whole:
        yield whole


def wrong(settings: Settings) -> set[str]:
    """What the doctor says that is not well."""
    with closing(make_system(settings)) as looked_at:
        findings = examine(looked_at, QUICK)
    bad = (Status.WARNING, Status.FAILED)
    return {f"{each.group}: {each.check}" for each in findings if each.status in bad}


def redis_setting(name: str, value: str) -> Break:
    def break_it(system: WholeSystem) -> Iterator[Settings]:
        with redis.Redis.from_url(system.settings.redis_url) as client:
            before = client.config_get(name)[name]
            client.config_set(name, value)
            yield system.settings
            client.config_set(name, str(before))

    return break_it


def statement(breaking: str, repairing: str) -> Break:
    def break_it(system: WholeSystem) -> Iterator[Settings]:
        with closing(psycopg2.connect(system.settings.database_url)) as connection:
            connection.autocommit = True
            for each in breaking.split("; "):
                connection.cursor().execute(each)
            yield system.settings
            for each in repairing.split("; "):
                connection.cursor().execute(each)

    return break_it


def freeze(name: str) -> Break:
    def break_it(system: WholeSystem) -> Iterator[Settings]:
        (server,) = (each for each in system.embedded.servers if each.name == name)
        server.freeze()
        yield system.settings
        server.thaw()

    return break_it


def another_key(system: WholeSystem) -> Iterator[Settings]:
    yield replace(system.settings, secret_key=base64.b64encode(b"n" * 24))


def dead_letter(system: WholeSystem) -> Iterator[Settings]:
    with redis.Redis.from_url(system.settings.redis_url) as client:
        key = KEYS.dead_letters(CAPTURES)
        client.xadd(key, {"job": "[]", "reason": "a fault", "failures": 5})
        yield system.settings
        client.delete(key)


READ_ONLY = "ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()"
WRITABLE = (
    "SET default_transaction_read_only = off; ALTER SYSTEM RESET default_transaction_read_only;"
    " SELECT pg_reload_conf()"
)
FAILING = (
    "INSERT INTO webhooks (id, org_id, name, url, events, secret) SELECT 'whk_bad', id, 'bad',"
    " 'http://127.0.0.1:9/', '{*}', '' FROM orgs; INSERT INTO webhook_health (webhook_id,"
    " failure_count, not_before) VALUES ('whk_bad', 99, now() + interval '1 hour')"
)
BREAKS: dict[str, Break] = {
    "redis: answers": freeze("valkey"),
    "redis: keeps an append only file": redis_setting("appendonly", "no"),
    "redis: fsyncs always": redis_setting("appendfsync", "everysec"),
    "redis: evicts nothing": redis_setting("maxmemory-policy", "allkeys-lru"),
    "postgresql: answers": freeze("postgres"),
    "postgresql: takes writes": statement(READ_ONLY, WRITABLE),
    "data: secret key fits": another_key,
    "data: migrations are done": statement(
        "CREATE TABLE kept AS SELECT * FROM schema_migration; DELETE FROM schema_migration"
        " WHERE id = (SELECT max(id) FROM schema_migration)",
        "INSERT INTO schema_migration SELECT * FROM kept ON CONFLICT DO NOTHING; DROP TABLE kept",
    ),
    "backlog: no dead letters": dead_letter,
    "backlog: every job is readable": statement(
        "INSERT INTO unreadable_jobs (queue, payload, reason) VALUES ('captures', 'x', 'newer')",
        "DELETE FROM unreadable_jobs",
    ),
    "backlog: circuits are closed": statement(FAILING, "DELETE FROM webhooks WHERE id = 'whk_bad'"),
}
#: What is tried together, since it takes a while to show.
DEAD = {*(f"processes: {role} is alive" for role in WORKERS), "backlog: captures are recorded"}


def test_every_row_is_tried_here() -> None:
    lines = re.findall(r"\| `([a-z]+: [^`]+)` \|", PAGE.read_text())

    assert sorted(lines) == sorted(BREAKS.keys() | DEAD)


@pytest.mark.parametrize("line", BREAKS)
def test_the_doctor_shows_the_line_while_it_is_so_and_no_longer(
    system: WholeSystem, line: str
) -> None:
    eventually(lambda: line not in wrong(system.settings), PATIENCE_SECONDS)
    with contextmanager(BREAKS[line])(system) as settings:
        eventually(lambda: line in wrong(settings), PATIENCE_SECONDS)
    eventually(lambda: line not in wrong(system.settings), PATIENCE_SECONDS)


def test_the_doctor_shows_which_processes_are_dead_and_that_captures_wait(
    system: WholeSystem,
) -> None:
    children = system.processes.children
    for role in WORKERS:
        children[role].freeze()
    rex = Rex(system.base_url, system.api_key)
    assert rex.capture(email="ada@example.com")[0] == 202
    try:
        eventually(lambda: wrong(system.settings) >= DEAD, PATIENCE_SECONDS)
    finally:
        for role in WORKERS:
            children[role].thaw()
    eventually(lambda: not wrong(system.settings) & DEAD, PATIENCE_SECONDS)
