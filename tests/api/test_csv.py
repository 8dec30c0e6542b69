"""Every list is there as CSV, too."""

from __future__ import annotations

import csv
import io
import re

import pytest

from app.domain.org.org import Org
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.asgi import Client
from tests.factories import make_capture, make_webhook

LISTS = ("/contacts", "/events", "/captures", "/webhooks", "/deliveries", "/apikeys", "/audit")


@pytest.fixture
def captured(database: Database, org: Org) -> None:
    """Three leads, one that looks like a formula, and a webhook that gets them."""
    make_webhook(database, org)
    leads = [
        make_capture(org, f"lead{n}@example.com", first_name="=1+1", metadata={"n": n})
        for n in range(3)
    ]
    with transaction(database) as cursor:
        record(cursor, leads, now())


@pytest.mark.usefixtures("captured")
def test_a_page_is_csv_for_whoever_asks(ask: Client) -> None:
    for path in LISTS:
        listed = ask("GET", path).json["data"]
        reply = ask("GET", path, accept="text/csv")
        assert reply.status == 200, path
        assert reply.headers["content-type"] == "text/csv; charset=utf-8"
        assert reply.headers["vary"] == "Accept"
        rows = list(csv.DictReader(io.StringIO(reply.body.decode())))
        assert len(rows) == len(listed), path
        assert ask("GET", path, accept="application/json, text/csv").json["data"] == listed


@pytest.mark.usefixtures("captured")
def test_links_lead_through_all_pages_and_no_cell_is_a_formula(ask: Client) -> None:
    path, found = "/contacts?limit=2&fields=email,first_name,metadata&stage=lead", []
    while path:
        reply = ask("GET", path, accept="text/csv;q=1")
        found += list(csv.reader(io.StringIO(reply.body.decode())))[1:]
        link = re.fullmatch(r'<(/[^>]+)>; rel="next"', reply.headers.get("link", ""))
        path = link[1] if link else ""
    assert sorted(found) == [[f"lead{n}@example.com", "'=1+1", f'{{"n":{n}}}'] for n in range(3)]
    empty = ask("GET", "/contacts?stage=churned&fields=email", accept="text/csv")
    assert empty.body == b"email\r\n"
    assert ask("GET", "/contacts?stage=no", accept="text/csv").json["error"]["field"] == "stage"
