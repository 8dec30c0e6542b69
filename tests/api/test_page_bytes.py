"""Pages are bounded in bytes, and following them still gives every item once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.api.lists import PAGE_BYTES_MAX, fitting
from app.domain.org.org import Org
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client
from tests.factories import make_capture

ITEMS = 160


@pytest.mark.parametrize(
    ("sizes", "count"),
    [
        ([], 0),
        ([1, 2, 3], 3),
        ([PAGE_BYTES_MAX, 1], 1),
        ([PAGE_BYTES_MAX + 1, 1], 1),
        ([PAGE_BYTES_MAX - 1, 1, 1], 2),
    ],
)
def test_a_page_takes_what_fits_and_one_item_at_least(sizes: list[int], count: int) -> None:
    assert fitting(sizes) == count


@pytest.fixture
def fat_contacts(database: Database, org: Org) -> None:
    """Contacts that have as much metadata as a contact can."""
    for half in range(2):
        captures = [
            make_capture(org, f"lead{number}@example.com", metadata={f"k{half}": "x" * 16_000})
            for number in range(ITEMS)
        ]
        with transaction(database) as cursor:
            record(cursor, captures, datetime.now(UTC))


@pytest.mark.parametrize(("target", "total"), [("/contacts", ITEMS), ("/events", 2 * ITEMS)])
@pytest.mark.usefixtures("fat_contacts")
def test_a_list_of_fat_items_ends_its_pages_early(ask: Client, target: str, total: int) -> None:
    ids: list[str] = []
    cursor, has_more, pages = "", True, 0
    while has_more:
        reply = ask("GET", f"{target}?limit=200&cursor={cursor}")
        assert len(reply.body) < PAGE_BYTES_MAX + 1024 * 1024
        ids += [item["id"] for item in reply.json["data"]]
        cursor, has_more = reply.json["next_cursor"] or "", reply.json["has_more"]
        pages += 1

    assert len(ids) == len(set(ids)) == total
    assert pages > 1
