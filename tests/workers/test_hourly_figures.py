"""The scheduler counts and indexes hours, each within its hour and again while it may change."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.domain.times import now
from app.storage.capture import capture_words
from app.storage.database import Database, transaction
from app.storage.figures import hours
from app.storage.recording import record
from tests.factories import make_capture, make_org
from workers.hourly_figures import HourlyFigures


def test_an_hour_is_counted_and_its_words_are_found(database: Database) -> None:
    org = make_org(database)
    with transaction(database) as cursor:
        record(cursor, [make_capture(org, first_name="Unmistakable")], now())

    HourlyFigures(database).count()

    hour = now().replace(minute=0, second=0, microsecond=0)
    with transaction(database) as cursor:
        counted = hours.leads_since(cursor, org.id, hour - timedelta(hours=1))
        found = capture_words.find(cursor, org.id, ["unmistak"], "cap_~", 10)
    assert sum(each.leads for each in counted) == 1
    assert len(found) == 1


def test_words_leave_with_the_days_that_are_searched(database: Database) -> None:
    org = make_org(database)
    capture = make_capture(org, first_name="Unmistakable")
    with transaction(database) as cursor:
        record(cursor, [capture], now())
    HourlyFigures(database).count()

    def later() -> datetime:
        return now() + timedelta(days=capture_words.KEPT_DAYS + 1)

    HourlyFigures(database, later).count()
    with transaction(database) as cursor:
        assert capture_words.find(cursor, org.id, ["unmistakable"], "cap_~", 10) == []
