"""What an answer's headers ask for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workers.retry_after import dated, retry_after_seconds

NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("-7", None),
        ("1.5", 2.0),
        ("0.001", 1.0),
        ("999999999", 999_999_999.0),
        ("1773662430", 30.0),
        ("1773662430.5", 31.0),
        ("1773662399", 0.0),
        ("99999999999999999999", pytest.approx(1e20)),
        ("9" * 100, pytest.approx(1e100)),
        ("1e5", None),
        ("nan", None),
        ("1_0", None),
        ("\u0663", None),
        ("Mon, 16 Mar 2026 12:00:30 GMT", 30.0),
        ("Mon, 16 Mar 2026 11:00:00 GMT", 0.0),
        ("Mon, 16 Mar 2026 13:00:30 +0100", 30.0),
        ("Mon, 16 Mar 2026 12:00:30", 30.0),
        ("soon", None),
        ("", None),
        ("Mon, 16 Mar 2026 12:00:30 +99999999999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", pytest.approx(251_618_831_999 + 86_340, rel=0.01)),
    ],
)
def test_what_a_retry_after_header_asks_for(header: str, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOON) == seconds


def test_a_date_is_read_by_the_receivers_own_clock() -> None:
    its_clock = dated([("Server", "x"), ("date", "Mon, 16 Mar 2026 11:00:00 GMT")])
    assert its_clock is not None
    assert retry_after_seconds("Mon, 16 Mar 2026 11:00:10 GMT", its_clock) == 10.0
    assert dated([("Date", "yesterday")]) is None
    assert dated([]) is None
