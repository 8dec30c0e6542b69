"""Addresses that change hands while a capture waits: its id leads to the contact afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.capture.capture import Capture
from app.domain.ids import derive_contact_id
from app.domain.org.org import Org
from app.domain.times import now
from app.storage.contact import contact_service, contacts
from app.storage.database import (
    Cursor,
    Database,
    TransactionConflict,
    drop_connection,
    open_database,
    transaction,
)
from app.storage.recording import record
from tests.factories import make_capture, make_org

OLD, NEW = "old@example.com", "new@example.com"


@pytest.fixture
def org(database: Database) -> Org:
    return make_org(database)


@pytest.fixture
def other(database_url: str) -> Iterator[Database]:
    """A second connection."""
    other = open_database(database_url, shared=True)
    yield other
    drop_connection(other)


def id_of(org: Org, email: str) -> str:
    return derive_contact_id(org.created_ms, org.id_secret, email)


def create(database: Database, org: Org, email: str) -> None:
    with transaction(database) as cursor:
        contact_service.create(cursor, org.id, id_of(org, email), email, {})


def take_new_address(cursor: Cursor, org: Org) -> None:
    contact_service.edit(cursor, org.id, id_of(org, OLD), {"email": NEW}, id_of(org, NEW))


def delete(cursor: Cursor, org: Org, email: str) -> None:
    contact_service.delete(cursor, org.id, id_of(org, email))


def record_until_done(database: Database, capture: Capture) -> None:
    while True:
        try:
            with transaction(database) as cursor:
                record(cursor, [capture], now())
        except TransactionConflict:
            continue
        return


def wait_until_blocked(cursor: Cursor) -> None:
    blocked = 0
    while not blocked:
        cursor.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE NOT l.granted AND a.datname = current_database()"
        )
        (blocked,) = cursor.fetchone() or (0,)


def found(database: Database, org: Org, email: str) -> tuple[str, str]:
    with transaction(database) as cursor:
        contact = contacts.find(cursor, org.id, id_of(org, email))
    assert contact is not None
    return contact.id, contact.email


@pytest.mark.parametrize("buried", [False, True])
def test_a_capture_that_waits_for_an_address_finds_who_took_it(
    database: Database, other: Database, org: Org, buried: bool
) -> None:
    create(database, org, OLD)
    if buried:
        create(database, org, NEW)
        with transaction(database) as cursor:
            delete(cursor, org, NEW)
    with ThreadPoolExecutor(1) as thread:
        with transaction(database) as cursor:
            take_new_address(cursor, org)
            waiting = thread.submit(record_until_done, other, make_capture(org, NEW))
            wait_until_blocked(cursor)
        waiting.result()
    assert found(database, org, NEW) == (id_of(org, OLD), NEW)
    with transaction(database) as cursor:
        cursor.execute("SELECT id, captures_count FROM contacts WHERE deleted_at IS NULL")
        assert cursor.fetchall() == [(id_of(org, OLD), 1)]


def test_a_capture_that_waits_for_a_contact_that_is_deleted_begins_its_own(
    database: Database, other: Database, org: Org
) -> None:
    create(database, org, OLD)
    with transaction(database) as cursor:
        take_new_address(cursor, org)
    with ThreadPoolExecutor(1) as thread:
        with transaction(database) as cursor:
            delete(cursor, org, OLD)
            waiting = thread.submit(record_until_done, other, make_capture(org, NEW))
            wait_until_blocked(cursor)
        waiting.result()
    assert found(database, org, NEW) == (id_of(org, NEW), NEW)


def test_a_key_cannot_take_an_address_that_a_capture_is_creating(
    database: Database, other: Database, org: Org
) -> None:
    create(database, org, OLD)

    def take() -> None:
        while True:
            try:
                with transaction(other) as cursor:
                    take_new_address(cursor, org)
            except TransactionConflict:
                continue
            return

    with ThreadPoolExecutor(1) as thread:
        with transaction(database) as cursor:
            record(cursor, [make_capture(org, NEW)], now())
            waiting = thread.submit(take)
            wait_until_blocked(cursor)
        with pytest.raises(Exception, match="Another contact has this address"):
            waiting.result()
    assert found(database, org, NEW) == (id_of(org, NEW), NEW)
