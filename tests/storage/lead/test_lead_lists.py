"""Leads as the console lists them: every one once, in time's order, whatever is filtered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.domain.capture.capture import Capture
from app.domain.ids import ulid_of
from app.domain.org.org import Org
from app.domain.times import now
from app.storage.capture import capture_lists, capture_words
from app.storage.contact import contact_service
from app.storage.database import Database, transaction
from app.storage.delivery.events import publish
from app.storage.figures import hours
from app.storage.lead import lead_changes, lead_lists, leads
from app.storage.lead.leads import Lead, Wanted
from app.storage.person import erasure, person
from app.storage.recording import merge, record
from tests.factories import make_capture, make_org


@pytest.fixture
def org(database: Database) -> Org:
    return make_org(database)


def keep(database: Database, *captures: Capture) -> list[str]:
    with transaction(database) as cursor:
        record(cursor, captures, now())
    return [capture.id for capture in captures]


def a_mix(org: Org, count: int) -> list[Capture]:
    """Every third one is quarantined."""
    return [
        make_capture(
            org,
            f"lead{n}@example.com",
            first_name=f"Name{n}",
            source="paid" if n % 2 else "email",
            metadata={"utm_campaign": "Spring" if n % 4 == 0 else "autumn", "n": n},
            **({"quarantine": "honeypot"} if n % 3 == 0 else {}),
        )
        for n in range(count)
    ]


def walk(database: Database, org: Org, wanted: Wanted, limit: int) -> Iterator[Lead]:
    for _ in range(1000):
        with transaction(database) as cursor:
            page = lead_lists.page(cursor, org.id, wanted, limit)
        assert len(page.leads) <= limit
        yield from page.leads
        if page.next_before is None:
            return
        assert page.next_before < wanted.before
        wanted = wanted._replace(before=page.next_before)
    raise AssertionError("the list does not end")


def ids(database: Database, org: Org, limit: int = 7, **wanted: Any) -> list[str]:
    return [lead.capture.id for lead in walk(database, org, Wanted(**wanted), limit)]


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_every_lead_is_listed_once_the_newest_first(
    database: Database, org: Org, limit: int
) -> None:
    kept = keep(database, *a_mix(org, 20))
    keep(database, make_capture(make_org(database, "other"), "other@example.com"))
    assert ids(database, org, limit) == kept[::-1]


def test_edits_and_what_has_no_lead_do_not_end_the_list(database: Database, org: Org) -> None:
    (first,) = keep(database, make_capture(org, "ada@example.com"))
    contact_id = make_capture(org, "ada@example.com").contact_id
    for n in range(12):
        with transaction(database) as cursor:
            contact_service.edit(cursor, org.id, contact_id, {"title": f"t{n}"})
    assert ids(database, org, limit=2) == [first]


def test_a_released_lead_keeps_its_place(database: Database, org: Org) -> None:
    kept = keep(database, *a_mix(org, 4))
    with transaction(database) as cursor:
        row = capture_lists.lock(cursor, org.id, kept[0])
        assert row is not None
        capture_lists.mark_recorded(cursor, row.id)
        row.status = "recorded"

        publish(cursor, merge(cursor, [capture_lists.as_received(row)], now()))
    assert ids(database, org) == kept[::-1]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"statuses": ("quarantined",)}, {0, 3, 6, 9}),
        ({"statuses": ("recorded",)}, {1, 2, 4, 5, 7, 8, 10, 11}),
        ({"statuses": ("rejected",)}, set()),
        ({"source": "paid"}, {1, 3, 5, 7, 9, 11}),
        ({"campaign": "SPRING"}, {0, 4, 8}),
        ({"stage": "lead"}, {1, 2, 4, 5, 7, 8, 10, 11}),
        ({"stage": "customer"}, set()),
        ({"words": ("name1",)}, {1, 10, 11}),
        ({"words": ("name1", "lead10@")}, {10}),
        ({"words": ("%",)}, set()),
        ({"source": "email", "campaign": "autumn"}, {2, 6, 10}),
    ],
)
def test_filters_apply_to_recorded_leads_and_those_set_aside(
    database: Database, org: Org, wanted: dict[str, Any], expected: set[int]
) -> None:
    kept = keep(database, *a_mix(org, 12))
    assert ids(database, org, limit=3, **wanted) == [kept[n] for n in sorted(expected)[::-1]]


def test_a_page_with_filters_looks_at_so_many_and_says_where_to_go_on(
    database: Database, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leads, "LOOKED_AT_MAX", 5)
    (wanted,) = keep(database, make_capture(org, "first@example.com", form="demo"))
    keep(database, *a_mix(org, 20))
    with transaction(database) as cursor:
        page = lead_lists.page(cursor, org.id, Wanted(form="demo"), 10)
    assert page.leads == []
    assert page.next_before is not None
    assert ids(database, org, form="demo") == [wanted]


def test_a_search_for_an_address_finds_its_leads_however_old_they_are(
    database: Database, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leads, "LOOKED_AT_MAX", 2)
    mine = [make_capture(org, "ada@example.com", source=each) for each in ("paid", "email")]
    held = make_capture(org, "ada@example.com", quarantine="honeypot")
    kept = keep(database, *mine, held)
    keep(database, *a_mix(org, 12))
    its: dict[str, Any] = {"contact_ids": (mine[0].contact_id,)}
    assert ids(database, org, limit=2, **its) == kept[::-1]
    assert ids(database, org, limit=2, **its, source="email") == [kept[1]]
    assert ids(database, make_org(database, "other"), **its) == []


def test_bounds_of_time_are_bounds_of_ids(database: Database, org: Org) -> None:
    kept = keep(database, *a_mix(org, 9))
    after, before = ulid_of(kept[2]), ulid_of(kept[7])
    assert ids(database, org, after=after, before=before) == kept[3:7][::-1]


def test_the_fingerprint_changes_with_whatever_the_list_shows(database: Database, org: Org) -> None:
    def look() -> str | None:
        with transaction(database) as cursor:
            return lead_changes.fingerprints(cursor, [org.id], []).get(org.id)

    seen = [look()]
    keep(database, make_capture(org, "ada@example.com"))
    seen.append(look())
    keep(database, make_capture(org, "bot@example.com", quarantine="honeypot"))
    seen.append(look())
    assert len(set(seen)) == 3
    assert look() == seen[-1]


def test_an_hour_is_counted_as_a_whole_however_often(database: Database, org: Org) -> None:
    keep(database, *a_mix(org, 12))
    hour = now().replace(minute=0, second=0, microsecond=0)
    for _ in range(2):
        with transaction(database) as cursor:
            assert hours.count(cursor, hour)
            hours.count(cursor, hour - timedelta(hours=1))
    with transaction(database) as cursor:
        found = hours.leads_since(cursor, org.id, hour - timedelta(hours=1))
        assert hours.deliveries_since(cursor, org.id, hour) == []
    assert sum(each.leads for each in found) == 12
    assert sum(each.leads for each in found if each.status == "quarantined") == 4
    assert {each.source for each in found} == {"paid", "email"}


def index_all(database: Database) -> None:
    hour = now().replace(minute=0, second=0, microsecond=0)
    with transaction(database) as cursor:
        for each in (hour, hour - timedelta(hours=1)):
            while capture_words.index(cursor, each):
                pass


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"words": ("lead1@",)}, {1}),
        ({"words": ("name1",)}, {1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}),
        ({"words": ("spring", "name4")}, {4}),
        ({"words": ("name3",)}, {3}),
        ({"words": ("name3",), "statuses": ("recorded",)}, set()),
        ({"words": ("name1",), "source": "email", "campaign": "autumn"}, {10, 14, 18}),
        ({"words": ("o'brien",)}, set()),
        ({"words": ("\\", "'", ":*", "&")}, set()),
    ],
)
def test_older_leads_are_found_by_the_beginnings_of_words(
    database: Database,
    org: Org,
    monkeypatch: pytest.MonkeyPatch,
    wanted: dict[str, Any],
    expected: set[int],
) -> None:
    kept = keep(database, *a_mix(org, 24))
    keep(database, *a_mix(make_org(database, "other"), 24))
    index_all(database)
    monkeypatch.setattr(leads, "LOOKED_AT_MAX", 2)
    found = ids(database, org, limit=3, **wanted)
    assert found == [kept[n] for n in sorted(expected)[::-1]]


@pytest.mark.parametrize("near", [1, 4, 12, 5000])
def test_words_are_found_wherever_the_near_rows_end(
    database: Database, org: Org, near: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_words, "NEAR", near)
    ids = keep(database, *a_mix(org, 12))
    keep(database, make_capture(make_org(database, "other"), "x@example.com", first_name="Name1"))
    index_all(database)
    with transaction(database) as cursor:
        for word, its in (("name1", [1, 10, 11]), ("spring", [0, 4, 8]), ("nobody", [])):
            newest_first = sorted((ids[n] for n in its), reverse=True)
            before, found = "cap_~", list[str]()
            while page := capture_words.find(cursor, org.id, [word], before, 2):
                found += page
                before = page[-1]
            assert found == newest_first, word


def test_what_was_erased_is_not_found_any_more(database: Database, org: Org) -> None:
    capture = make_capture(org, "ada@example.com", first_name="Unmistakable")
    keep(database, capture)
    index_all(database)
    with transaction(database) as cursor:
        erasure.erase(cursor, person.find(cursor, org, capture.contact_id))
    index_all(database)
    with transaction(database) as cursor:
        cursor.execute("SELECT words::text FROM capture_words")
        assert "unmistakable" not in str(cursor.fetchall())
        assert capture_words.find(cursor, org.id, ["unmistakable"], "cap_~", 10) == []
