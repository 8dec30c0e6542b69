"""Failed authentications in the audit log: counted, since strangers decide how many there are."""

from __future__ import annotations

import asyncio
from collections import Counter

from starlette.concurrency import run_in_threadpool

from app.domain.errors import StorageUnavailable
from app.http.authenticator import RequestAuthenticator
from app.storage.database import Database, transaction
from app.storage.org import audit

#: How often the counts are written: one row for each org and kind of failure.
FLUSH_SECONDS = 60.0


async def run(database: Database, authenticator: RequestAuthenticator) -> None:
    """Write the counts until cancelled."""
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        await run_in_threadpool(flush, database, authenticator)


def flush(database: Database, authenticator: RequestAuthenticator) -> None:
    """Write the counts; while the database is away they wait."""
    counts, authenticator.failures = authenticator.failures, Counter()
    if not counts:
        return
    try:
        with transaction(database) as cursor:
            for (org_id, code), count in counts.items():
                audit.note(
                    cursor,
                    "authentication.failed",
                    actor=audit.ANONYMOUS,
                    org_id=org_id,
                    code=code,
                    count=count,
                )
    except StorageUnavailable:
        authenticator.failures += counts
