"""Counts of refused captures per org and reason, so that a marketer sees what is turned away.

Counted in memory and added up in Redis now and then: a figure to look at, not to bill by.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from contextlib import suppress

from app.domain.contact_fields import LEAD_LENGTHS_MAX
from app.domain.errors import Invalid, QueueUnavailable, RexError
from app.ingress.origin import OriginRefused
from app.metrics.families import REFUSED
from app.queue.admission import REFUSED_ORIGIN, REFUSED_REDIRECT
from app.queue.admission_client import AdmissionClient

#: How often counts are handed on.
FLUSH_SECONDS = 5.0
#: Distinct counts kept between two flushes.
COUNTS_MAX = 10_000
#: Origins that one process counts by name in a day of an org. Visitors can make them up.
ORIGINS_MAX = 20
#: Fields that are counted by name. Others have names that visitors made up, and no end.
_COUNTED_FIELDS = frozenset({"email", "source", "metadata", *LEAD_LENGTHS_MAX})


class RefusalCounter:
    """Counts refusals; one per web process."""

    def __init__(self, admission: AdmissionClient) -> None:
        self._admission = admission
        self._counts: Counter[tuple[str, str]] = Counter()
        self._origins: defaultdict[str, set[str]] = defaultdict(set)
        self._day = 0

    def count(self, org_id: str, error: RexError) -> None:
        """Note a refusal."""
        REFUSED.labels(error.code).inc()
        reason = _reason(error)
        if isinstance(error, OriginRefused):
            reason = REFUSED_ORIGIN + self._counted_origin(org_id, error.origin)
        self._add(org_id, reason)

    def count_redirect(self, org_id: str, origin: str) -> None:
        """Note that a form's visitor was not sent on to an origin that the org does not list."""
        self._add(org_id, REFUSED_REDIRECT + self._counted_origin(f"{org_id} redirect", origin))

    def _add(self, org_id: str, reason: str) -> None:
        counted = (org_id, reason)
        if counted in self._counts or len(self._counts) < COUNTS_MAX:
            self._counts[counted] += 1

    def _counted_origin(self, counter: str, origin: str) -> str:
        day = int(time.time() // 86400)
        if day != self._day:
            self._day = day
            self._origins.clear()
        known = self._origins[counter]
        if len(known) < ORIGINS_MAX:
            known.add(origin)
        return origin if origin in known else "other"

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
