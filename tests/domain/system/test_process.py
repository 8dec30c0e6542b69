"""What follows from the reports of processes."""

from __future__ import annotations

from datetime import UTC, datetime

from app.domain.system.process import (
    ALIVE_SECONDS,
    ProcessReport,
    ProcessSeen,
    alive_by_role,
    merge_seen,
)

START = datetime(2026, 3, 16, tzinfo=UTC)


def seen(name: str, age_seconds: float, role: str = "web", jobs: int = 0) -> ProcessSeen:
    report = ProcessReport(name, role, "host", 1, "1.0", START, {"jobs": jobs})
    return ProcessSeen(report, age_seconds)


def test_the_latest_report_of_each_process_counts_whichever_server_has_it() -> None:
    redis = [seen("a", 1.0, jobs=2), seen("b", 300.0)]
    postgresql = [seen("a", 200.0, jobs=1), seen("b", 2.0), seen("c", 3.0)]
    merged = {each.report.name: each for each in merge_seen(redis, postgresql)}
    assert {name: each.age_seconds for name, each in merged.items()} == {"a": 1, "b": 2, "c": 3}
    assert merged["a"].report.holds == {"jobs": 2}


def test_every_role_is_counted_also_one_that_nobody_has() -> None:
    found = [
        seen("a", 1.0),
        seen("b", ALIVE_SECONDS, "captures"),
        seen("c", ALIVE_SECONDS + 0.1, "deliveries"),
    ]
    assert alive_by_role(found) == {"web": 1, "captures": 1, "deliveries": 0, "scheduler": 0}
