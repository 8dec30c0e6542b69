"""Times as RFC 3339 writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain.times import parse_rfc3339


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-16T12:00:00Z", datetime(2026, 3, 16, 12)),
        ("2026-03-16t12:00:00z", datetime(2026, 3, 16, 12)),
        ("2026-03-16 12:00:00Z", datetime(2026, 3, 16, 12)),
        ("2026-03-16T12:00:00.123456789Z", datetime(2026, 3, 16, 12, 0, 0, 123456)),
        ("2026-03-16T12:00:00+05:30", datetime(2026, 3, 16, 6, 30)),
        ("2026-03-16T12:00:00-00:00", datetime(2026, 3, 16, 12)),
        ("2026-03-16T12:00:00 02:00", datetime(2026, 3, 16, 10)),
        ("2026-03-16", datetime(2026, 3, 16)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1)),
        ("2016-12-31t23:59:60.5z", datetime(2017, 1, 1)),
        ("2016-12-31T15:59:60-08:00", datetime(2017, 1, 1)),
    ],
)
def test_a_time_of_rfc_3339_is_read(text: str, expected: datetime) -> None:
    assert parse_rfc3339(text) == expected.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-16T24:00:00Z",
        "2026-03-16T23:60:00Z",
        "2026-03-16T12:59:60Z",
        "2026-03-16T12:00:60Z",
        "2026-03-16T23:59:61Z",
        "2026-02-30T12:00:00Z",
        "2026-03-16T12:00:00+24:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:60Z",
        "yesterday",
        "",
    ],
)
def test_a_time_that_no_clock_shows_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rfc3339(text)
