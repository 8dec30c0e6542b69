"""Which visits led a person here: on the contact's page, on a lead's own and in the list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.domain.capture.capture import Capture
from app.domain.ids import first_ulid_at
from app.domain.org.org import Org
from app.domain.org.user import Role
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.recording import record
from tests.console.conftest import Admit
from tests.factories import make_capture
from tests.visitor import text_of

SCRIPT = "javascript:alert(1)"


def keep(database: Database, org: Org, day: int, **fields: Any) -> Capture:
    """Records a lead of Ada's, received on that day."""
    ms = int(datetime(2026, 3, day, tzinfo=UTC).timestamp() * 1000)
    capture_id = f"cap_{first_ulid_at(ms)[:-1]}{day % 10}"
    made = make_capture(org, "ada@example.com", **fields)
    capture = Capture(**{**{n: getattr(made, n) for n in made.__struct_fields__}, "id": capture_id})
    with transaction(database) as cursor:
        record(cursor, [capture], now())
    return capture


def test_touches_are_first_last_and_between(admit: Admit, database: Database, org: Org) -> None:
    google = {"utm_source": "google", "utm_campaign": "spring", "gclid": "g1"}
    kept = keep(database, org, 2, metadata={"utm_source": "news"}, form="demo-request")
    keep(database, org, 4, keyed=True)
    only = keep(database, org, 1, metadata={**google, "landing_page": SCRIPT}, form="pricing")
    visitor = admit(Role.VIEWER)

    page = visitor.get(f"/console/contacts/{kept.contact_id}")
    said = text_of(page).partition(" Attribution ")[2]
    first, then, last = said.index("First "), said.index(" Then "), said.index(" Last ")
    assert first < said.index("utm_source google utm_campaign spring gclid g1") < then
    assert then < said.index("utm_source news") < last
    assert last < said.index("sent with an API key Direct: no campaign")
    assert f"landing page {SCRIPT}" in said
    assert f'"{SCRIPT}'.encode() not in page.body

    said = text_of(visitor.get(f"/console/leads/{only.id}"))
    assert "Attribution Form pricing First and last" in said
    assert "utm_source google utm_campaign spring" in said
    assert "news" not in said.partition(" Merge ")[0]
    assert "google / spring" in text_of(visitor.get("/console/leads"))


def test_a_lead_shows_the_visits_that_its_browser_kept(
    admit: Admit, database: Database, org: Org
) -> None:
    visits: list[dict[str, object]] = [
        {"at": "2026-02-01T00:00:00Z", "utm_source": "ads"},
        {"at": "2026-02-02T00:00:00Z", "referrer": "https://blog.example/"},
    ]
    capture = keep(database, org, 3, touches=visits)
    said = text_of(admit(Role.VIEWER).get(f"/console/leads/{capture.id}"))
    assert "touches" not in said.partition("As it was sent")[2].partition(" Merge ")[2]
    first, last = said.index("utm_source ads"), said.index("referrer https://blog.example/")
    assert said.index("First ") < first < said.index(" Last ") < last
    assert "Form not given" in said


def test_a_contact_without_touches_says_so(admit: Admit, database: Database, org: Org) -> None:
    capture = keep(database, org, 3)
    with transaction(database) as cursor:
        cursor.execute("UPDATE contacts SET attribution = '[]'")
    said = text_of(admit(Role.VIEWER).get(f"/console/contacts/{capture.contact_id}"))
    assert "No touches recorded." in said
