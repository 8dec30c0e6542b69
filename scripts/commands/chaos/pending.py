"""What is still on its way: captures not recorded, deliveries not settled."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from scripts.commands.queue_state import open_jobs
from scripts.commands.sql import rows_of, session

#: A notifier that waits longer was forgotten: answering it takes milliseconds.
NOTIFICATION_SECONDS = 30.0

_LOOK_SECONDS = 0.3

#: Open deliveries, except those to webhooks that nothing can be delivered to.
_OPEN = """
SELECT id FROM deliveries
WHERE status IN ('pending', 'attempting') AND webhook_id <> ALL(%s)
ORDER BY id
"""
#: Rows that will never be looked at again.
_FORGOTTEN = """
SELECT id FROM deliveries
WHERE (status = 'pending' AND next_attempt_at IS NULL)
    OR (status = 'attempting' AND (leased_until IS NULL OR leased_until < now() - interval '5 s'))
"""


class PendingWork:
    """Asks PostgreSQL and Redis; `dead` are the webhooks whose receivers never heal."""

    def __init__(self, database_url: str, redis_url: str, dead: Collection[str]) -> None:
        self._database_url = database_url
        self._redis_url = redis_url
        self._dead = list(dead)

    def find(self) -> list[str]:
        """Ids of everything that is not finished: fallback rows, jobs, deliveries."""
        jobs = open_jobs(self._redis_url, NOTIFICATION_SECONDS)
        return [*(f"job {job}" for job in jobs), *self._in_database()]

    def wait_until_none(
        self, still_seconds: float, progress: Callable[[str], None] = lambda line: None
    ) -> tuple[float, list[str]]:
        """Waits for nothing to be left; how long that took, and what is left all the same.

        Gives up when nothing was finished for `still_seconds`: a backlog may take its time.
        """
        began = finished_at = time.monotonic()
        before: set[str] = set()
        while (left := self.find()) and time.monotonic() - finished_at < still_seconds:
            if before - set(left):
                finished_at = time.monotonic()
            before = set(left)
            progress(f"{time.monotonic() - began:5.0f} s after healing, left: {_summary(left)}")
            time.sleep(_LOOK_SECONDS)  # the condition lives in other processes
        return time.monotonic() - began, left

    def _in_database(self) -> list[str]:
        with session(self._database_url) as cursor:
            inbox = _ids(cursor, "SELECT 'inbox row ' || id FROM inbox")
            unsettled = _ids(cursor, _OPEN, self._dead)
            forgotten = _ids(cursor, _FORGOTTEN)
        return [*inbox, *unsettled, *sorted(set(forgotten) - set(unsettled))]


def _ids(cursor: Any, query: str, *parameters: object) -> list[str]:
    return [str(row[0]) for row in rows_of(cursor, query, parameters or None)]


def _summary(left: Collection[str]) -> str:
    rows = sum(each.startswith("inbox row") for each in left)
    jobs = sum(each.startswith("job") for each in left)
    return f"{rows} fallback rows, {jobs} jobs, {len(left) - rows - jobs} deliveries"
