"""Counts of refused captures per org and reason, so that a marketer sees what is turned away.

Counted in memory and added up in Redis now and then: a figure to look at, not to bill by.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

from app.domain.errors import Invalid, QueueUnavailable, RexError
from app.queue.admission import Gate

#: How often counts are handed on.
FLUSH_SECONDS = 5.0
#: Distinct counts kept between two flushes.
COUNTS_MAX = 10_000


class Tally:
    """Counts refusals; one per web process."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, org_id: str, error: RexError) -> None:
        """Note a refusal."""
        reason = error.code
        if isinstance(error, Invalid):
            reason = f"{reason}.{next(iter(error.fields), 'body')[:40]}"
        if len(self._counts) < COUNTS_MAX:
            self._counts[org_id, reason] += 1

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
                await self._gate.add_refusals(counts)
                return
            self._counts += counts
