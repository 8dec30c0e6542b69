"""What comes out of the fallback table: few jobs, however many rows there are."""

from __future__ import annotations

import msgspec
import pytest

from workers.maintenance import FALLBACK_JOB_CHARS, capture_jobs


def row(*ids: int, size: int = 0) -> str:
    return msgspec.json.encode([{"id": each, "filling": "x" * size} for each in ids]).decode()


def captures_in(job: bytes) -> list[int]:
    (captures,) = msgspec.json.decode(job)["args"]
    return [capture["id"] for capture in captures]


HALF = FALLBACK_JOB_CHARS // 2


@pytest.mark.parametrize(
    ("rows", "jobs"),
    [
        ([], []),
        ([row(1)], [[1]]),
        ([row(1), row(2, 3), row(4)], [[1, 2, 3, 4]]),
        ([row(1, size=HALF), row(2, size=HALF), row(3)], [[1], [2, 3]]),
        ([row(1), row(2, size=2 * FALLBACK_JOB_CHARS), row(3)], [[1], [2], [3]]),
    ],
)
def test_short_rows_share_a_job_and_long_ones_have_their_own(
    rows: list[str], jobs: list[list[int]]
) -> None:
    assert [captures_in(job) for job in capture_jobs(rows)] == jobs
