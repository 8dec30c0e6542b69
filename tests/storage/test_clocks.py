"""Hosts' clocks differ: what a keyed caller has read and then writes is applied all the same."""

from __future__ import annotations

import time
from typing import Any

import pytest

from app.domain.capture.capture import Capture
from app.domain.ids import Ulids, new_ulid, time_of
from app.domain.org.org import Org
from app.domain.times import now
from app.storage.contact import contact_service, contacts
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.factories import make_capture, make_org, make_webhook

#: Ids of a host whose clock is half a second ahead.
AHEAD = Ulids(lambda: time.time_ns() + 500_000_000)


@pytest.fixture
def org(database: Database) -> Org:
    return make_org(database)


def capture_ahead(org: Org, **fields: Any) -> Capture:
    capture = make_capture(org, **fields)
    capture.id = f"cap_{AHEAD.next()}"
    return capture


def test_an_edit_overrules_what_a_host_ahead_has_written(database: Database, org: Org) -> None:
    capture = capture_ahead(org, first_name="Ada")
    with transaction(database) as cursor:
        record(cursor, [capture], now())

    with transaction(database) as cursor:
        contact_service.edit(cursor, org.id, capture.contact_id, {"first_name": "Grace"})
    with transaction(database) as cursor:
        contact_service.edit(cursor, org.id, capture.contact_id, {"first_name": None, "phone": "1"})
        found = contacts.find(cursor, org.id, capture.contact_id)

    assert found is not None
    assert (found.first_name, found.phone) == (None, "1")


def test_a_contact_made_again_overrules_a_deletion_by_a_host_ahead(
    database: Database, org: Org
) -> None:
    capture = capture_ahead(org)
    with transaction(database) as cursor:
        record(cursor, [capture], now())
        contact_service.delete(cursor, org.id, capture.contact_id)
        edits = {"first_name": "Grace"}
        made = contact_service.create(cursor, org.id, capture.contact_id, capture.email, edits)

    assert made.contact.first_name == "Grace"


def test_an_id_after_another_is_a_millisecond_later_and_leaves_the_others_alone() -> None:
    ahead = Ulids(lambda: time.time_ns() + 60_000_000_000).next()

    after = new_ulid(after=ahead)

    assert after > ahead
    assert (time_of(after) - time_of(ahead)).total_seconds() == pytest.approx(0.001)
    assert new_ulid() < ahead


def test_an_event_has_the_ulid_of_its_capture_also_when_recorded_again(
    database: Database, org: Org
) -> None:
    webhook, capture = make_webhook(database, org), make_capture(org)
    for _ in range(2):
        with transaction(database) as cursor:
            record(cursor, [capture], now())
            cursor.execute("SELECT id FROM events")
            assert cursor.fetchall() == [(f"evt_{capture.id[-26:]}",)]
            cursor.execute("SELECT event_id, webhook_id FROM deliveries")
            assert cursor.fetchall() == [(f"evt_{capture.id[-26:]}", webhook.id)]
        with transaction(database) as cursor:  # what a restored dump does not have yet
            cursor.execute("TRUNCATE captures, contacts, events, deliveries, verifications")


def test_an_event_that_outlived_its_capture_is_not_made_twice(database: Database, org: Org) -> None:
    make_webhook(database, org)
    capture = make_capture(org)
    for _ in range(2):
        with transaction(database) as cursor:
            record(cursor, [capture], now())
            cursor.execute("DELETE FROM captures")

    with transaction(database) as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM deliveries)")
        assert cursor.fetchone() == (1, 1)
