"""Whole systems for tests that need settings of their own, and a look into their database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import psycopg2
import pytest

from app.domain.ids import new_id
from app.domain.times import now
from app.storage.database import drop_connection, open_database, transaction
from app.storage.org import orgs
from app.storage.recording import record
from scripts.client import Rex
from scripts.system.whole import WholeSystem, temporary_system
from tests.factories import make_capture

#: Short retries, so that a test sees several.
SETTINGS = {
    "RETRY_BASE_SECONDS": "0.4",
    "SCHEDULER_INTERVAL_SECONDS": "0.1",
    "BASE_DOMAIN": "rex.test",
}

#: Captures that one transaction records.
BATCH = 200


def running_system(**settings: str) -> WholeSystem:
    """A system for a with block, with the settings of all flow tests and these on top."""
    return temporary_system({**SETTINGS, **settings})


@pytest.fixture(scope="module")
def own_system() -> Iterator[WholeSystem]:
    """For a file that needs one to itself, as its fixture `system`."""
    with running_system() as whole:
        yield whole


@contextmanager
def webhook_to(rex: Rex, url: str, **fields: Any) -> Iterator[str]:
    """The id of a webhook that is deleted at the end."""
    status, created = rex.request("POST", "/webhooks", {"url": url, **fields})
    assert status == 201, created
    webhook_id = str(created["data"]["id"])
    try:
        yield webhook_id
    finally:
        rex.request("DELETE", f"/webhooks/{webhook_id}")


def record_all(system: WholeSystem, emails: Iterable[str]) -> None:
    """Record a lead for each address, in this order, as a capture worker would do it.

    These tests are about what comes after: the scheduler finds the deliveries.
    """
    database = open_database(system.settings.database_url)
    with transaction(database) as cursor:
        org = orgs.find_by_slug(cursor, system.org)
        assert org is not None
    for some in batched(emails, BATCH):
        captures = [make_capture(org, each, metadata={"in": new_id("cap")}) for each in some]
        with transaction(database) as cursor:
            record(cursor, captures, now())
    drop_connection(database)


def batched(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """The items in lists of that size."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def query(system: WholeSystem, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of one statement in the system's database."""
    connection = psycopg2.connect(system.settings.database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()
