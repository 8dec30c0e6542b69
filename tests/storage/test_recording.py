"""One transaction from captures to deliveries, told once whatever happens twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from typing import Any

from app.domain.capture.capture import Capture
from app.domain.contact.contact import Contact
from app.domain.contact.contact_view import ContactView, contact_view
from app.domain.contact.merge import merge_capture, new_contact
from app.domain.times import now
from app.storage.contact import contacts
from app.storage.database import Database, TransactionConflict, open_database, transaction
from app.storage.delivery.pushes import Published
from app.storage.recording import Recorded, record
from tests.factories import make_capture, make_org, make_webhook


def record_all(database: Database, captures: Sequence[Capture]) -> Recorded:
    while True:
        try:
            with transaction(database) as cursor:
                return record(cursor, captures, now())
        except TransactionConflict:
            continue


def rows(database: Database, query: str, *values: object) -> list[tuple[Any, ...]]:
    with transaction(database) as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def test_a_new_address_becomes_a_contact_an_event_and_a_delivery_per_webhook(
    database: Database,
) -> None:
    org = make_org(database)
    matching = make_webhook(database, org, events=["contact.created"])
    make_webhook(database, org, events=["contact.deleted"])
    make_webhook(database, make_org(database, "other"))
    capture = make_capture(org, first_name="Ada")

    recorded = record_all(database, [capture])

    assert recorded == Recorded(1, 1, Published({matching.id}, []))
    assert rows(database, "SELECT id, first_name, captures_count FROM contacts") == [
        (capture.contact_id, "Ada", 1)
    ]
    assert rows(database, "SELECT type, sequence FROM events") == [("contact.created", 1)]
    assert rows(database, "SELECT webhook_id, status FROM deliveries") == [(matching.id, "pending")]


def test_recording_a_capture_twice_stores_it_once(database: Database) -> None:
    org = make_org(database)
    make_webhook(database, org)
    capture = make_capture(org)

    assert record_all(database, [capture, capture]).captures == 1
    assert record_all(database, [capture]) == Recorded(0, 0, Published(set(), []))

    counts = rows(
        database,
        "SELECT (SELECT count(*) FROM captures), (SELECT count(*) FROM events),"
        " (SELECT count(*) FROM deliveries), (SELECT sum(captures_count) FROM contacts)",
    )
    assert counts == [(1, 1, 1, 1)]


def test_captures_of_one_address_in_one_job_are_folded_into_one_event_each(
    database: Database,
) -> None:
    org = make_org(database)
    first = make_capture(org, first_name="Ada", source="paid")
    second = make_capture(org, first_name="Adah", phone="1", source="email")

    record_all(database, [second, first])

    events = rows(
        database,
        "SELECT type, sequence, data->'changes', data->>'first_name' FROM events ORDER BY 2",
    )
    assert events == [
        ("contact.created", 1, [], "Ada"),
        ("contact.updated", 2, ["first_name", "phone"], "Adah"),
    ]
    assert rows(database, "SELECT source FROM contacts") == [("paid",)]


def test_a_quarantined_capture_is_kept_without_contact_or_event(database: Database) -> None:
    org = make_org(database)
    record_all(database, [make_capture(org, quarantine="honeypot field _hp was filled")])
    assert rows(database, "SELECT status, reason FROM captures") == [
        ("quarantined", "honeypot field _hp was filled")
    ]
    assert rows(database, "SELECT count(*) FROM contacts") == [(0,)]
    assert rows(database, "SELECT count(*) FROM events") == [(0,)]


def test_a_capture_of_an_address_that_a_contact_took_later_goes_to_that_contact(
    database: Database,
) -> None:
    org = make_org(database)
    known = make_capture(org, "old@example.com")
    record_all(database, [known])
    moved = make_capture(org, "new@example.com", first_name="Ada")
    with transaction(database) as cursor:
        contacts.add_alias(cursor, moved.contact_id, known.contact_id)

    record_all(database, [moved])

    assert rows(database, "SELECT id, first_name FROM contacts") == [(known.contact_id, "Ada")]
    with transaction(database) as cursor:
        found = contacts.find(cursor, org.id, moved.contact_id)
    assert found is not None
    assert found.id == known.contact_id


def test_a_capture_after_a_deletion_begins_anew_and_its_events_count_on(
    database: Database,
) -> None:
    org = make_org(database)
    first = make_capture(org, first_name="Ada", phone="1")
    record_all(database, [first])
    with transaction(database) as cursor:
        cursor.execute("UPDATE contacts SET deleted_at = now()")

    record_all(database, [make_capture(org, first_name="Ada")])

    assert rows(database, "SELECT phone, deleted_at, captures_count FROM contacts") == [
        (None, None, 1)
    ]
    assert rows(database, "SELECT type, sequence FROM events ORDER BY number") == [
        ("contact.created", 1),
        ("contact.created", 2),
    ]


def test_a_thousand_captures_in_any_order_with_repeats_leave_what_a_sequential_replay_leaves(
    database: Database, database_url: str
) -> None:
    org = make_org(database)
    make_webhook(database, org)
    chance = random.Random(7)
    captures = [
        make_capture(
            org,
            f"person{chance.randrange(50)}@example.com",
            first_name=chance.choice([None, f"n{number}"]),
            source=chance.choice(["organic", "paid", "email"]),
            metadata={chance.choice("abc"): number},
        )
        for number in range(1000)
    ]
    shuffled = captures + chance.sample(captures, 200)
    chance.shuffle(shuffled)
    jobs = [shuffled[start : start + 17] for start in range(0, len(shuffled), 17)]

    threads = [
        threading.Thread(target=_record_jobs, args=(database_url, jobs[worker::4]))
        for worker in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert _views(database) == _sequential_replay(captures)
    counts = rows(database, "SELECT type, count(*) FROM events GROUP BY 1 ORDER BY 1")
    assert counts == [("contact.created", 50), ("contact.updated", 950)]
    assert rows(database, "SELECT count(*), count(DISTINCT event_id) FROM deliveries") == [
        (1000, 1000)
    ]
    gaps = rows(
        database,
        "SELECT contact_id FROM events GROUP BY 1 HAVING max(sequence) <> count(*)"
        " OR count(DISTINCT sequence) <> count(*)",
    )
    assert gaps == []


def test_a_contacts_events_are_numbered_in_their_sequence_whatever_runs_beside(
    database: Database, database_url: str
) -> None:
    org = make_org(database)
    jobs = [[make_capture(org, f"p{n % 3}@example.com")] for n in range(120)]
    threads = [
        threading.Thread(target=_record_jobs, args=(database_url, jobs[worker::4]))
        for worker in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    by_contact: dict[str, list[int]] = {}
    for contact_id, sequence in rows(
        database, "SELECT contact_id, sequence FROM events ORDER BY number"
    ):
        by_contact.setdefault(contact_id, []).append(sequence)
    assert all(sequences == sorted(sequences) for sequences in by_contact.values())


def _record_jobs(database_url: str, jobs: Sequence[Sequence[Capture]]) -> None:
    database = open_database(database_url)
    with database.connection_context():
        for job in jobs:
            record_all(database, job)


def _views(database: Database) -> dict[str, ContactView]:
    ids = [row[0] for row in rows(database, "SELECT id FROM contacts")]
    with transaction(database) as cursor:
        return {key: contact_view(c) for key, c in contacts.lock(cursor, ids).items()}


def _sequential_replay(captures: Sequence[Capture]) -> dict[str, ContactView]:
    replayed: dict[str, Contact] = {}
    for capture in captures:
        contact = replayed.setdefault(capture.contact_id, new_contact(capture))
        merge_capture(contact, capture)
    return {key: contact_view(contact) for key, contact in replayed.items()}
