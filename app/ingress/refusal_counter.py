"""Counts of refused captures per org and reason, so that a marketer sees what is turned away.

Counted in memory and added up in Redis now and then: a figure to look at, not to bill by.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

from app.domain.contact_fields import LEAD_LENGTHS_MAX
from app.domain.errors import Invalid, QueueUnavailable, RexError
from app.queue.admission import AdmissionClient

#: How often counts are handed on.
FLUSH_SECONDS = 5.0
#: Distinct counts kept between two flushes.
COUNTS_MAX = 10_000
#: Fields that are counted by name. Others have names that visitors made up, and no end.
_COUNTED_FIELDS = frozenset({"email", "source", "metadata", *LEAD_LENGTHS_MAX})


class RefusalCounter:
    """Counts refusals; one per web process."""

    def __init__(self, admission: AdmissionClient) -> None:
        self._admission = admission
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, org_id: str, error: RexError) -> None:
        """Note a refusal."""
        counted = (org_id, _reason(error))
        if counted in self._counts or len(self._counts) < COUNTS_MAX:
            self._counts[counted] += 1

    async def run(self) -> None:
        """Hand the counts on until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Hand the counts on; without Redis they wait."""
        counts, self._counts = self._counts, Counter()
        if counts:
            with suppress(QueueUnavailable):
                await self._admission.add_refusals(counts)
                return
            self._counts += counts


def _reason(error: RexError) -> str:
    if not isinstance(error, Invalid):
        return error.code
    field = next(iter(error.fields), "")
    return f"{error.code}.{field if field in _COUNTED_FIELDS else 'other'}"
