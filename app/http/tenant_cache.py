"""The tenants: every org and active key, in memory, at most a second old.

Captures must not wait for PostgreSQL, so each web process keeps what it needs to know of orgs and
keys. A thread asks once a second what has changed and reads that alone; whoever meets an unknown
key or org asks at once, since it may have been made a moment ago. While PostgreSQL is away the last
known state holds.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool

from app.domain.errors import StorageUnavailable
from app.domain.org.api_key import ApiKey, hash_key
from app.domain.org.org import Org
from app.http.clock_warning import ClockWarning
from app.storage.database import Database, transaction
from app.storage.org import api_keys, orgs

log = logging.getLogger(__name__)

#: How often changes are asked for: also the longest life of a revoked key.
REFRESH_SECONDS = 1.0
#: Between two questions about unknown keys: however many are tried, they cost so much.
LEARN_SECONDS = 0.02
#: Unknown keys and orgs that are remembered, so that each is asked for once in a while.
UNKNOWN_MAX = 10_000


class TenantCache:
    """Looks up orgs and keys without asking anybody."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = -1
        self._by_slug: dict[str, Org] = {}
        self._by_id: dict[str, Org] = {}
        self._keys: dict[bytes, ApiKey] = {}
        self._unknown: set[str | bytes] = set()
        self._learning: asyncio.Task[None] | None = None
        self._refreshing = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tenants", daemon=True)
        self._failing = False
        self._clock = ClockWarning()

    @property
    def loaded(self) -> bool:
        """Whether orgs are known: without them no capture can be taken."""
        return self._version >= 0

    def org_named(self, slug: str) -> Org | None:
        """The org with that slug."""
        return self._by_slug.get(slug)

    def org(self, org_id: str) -> Org | None:
        """The org with that id."""
        return self._by_id.get(org_id)

    def key(self, text: str) -> ApiKey | None:
        """The active key with that text."""
        return self._keys.get(hash_key(text))

    async def learn(self, slug: str, key_text: str | None) -> None:
        """Ask for changes if this org or key is unknown, once between two refreshes."""
        digest = hash_key(key_text) if key_text else b""
        unknown: set[str | bytes] = set() if slug in self._by_slug else {slug}
        if digest and digest not in self._keys:
            unknown.add(digest)
        if self._failing or unknown <= self._unknown or len(self._unknown) > UNKNOWN_MAX:
            return
        self._unknown |= unknown
        if self._learning is None:
            self._learning = asyncio.create_task(self._learn_soon())
        await asyncio.shield(self._learning)

    def start(self) -> None:
        """Read once, then keep reading in the background."""
        self._try_refresh()
        self._thread.start()

    def stop(self) -> None:
        """End the background thread."""
        self._stopping.set()
        self._thread.join(timeout=5)

    def refresh(self) -> None:
        """Read what has changed. Raises `StorageUnavailable`."""
        with self._refreshing, transaction(self._database) as cursor:
            asked_at = time.time()
            version, at = orgs.directory_version(cursor)
            self._clock.note(at.timestamp(), asked_at, time.time())
            if version == self._version:
                return
            if version < self._version:  # another database, restored from a dump
                self._by_slug, self._by_id, self._keys, self._version = {}, {}, {}, -1
            # They may be newer than the version: then they are read once more, which does no harm.
            self._apply(
                orgs.changed_orgs(cursor, self._version),
                api_keys.changed_keys(cursor, self._version),
            )
            self._version = version

    def _apply(self, orgs: Iterable[Org], keys: Iterable[tuple[ApiKey, bool]]) -> None:
        for org in orgs:
            self._by_slug[org.slug] = self._by_id[org.id] = org
        for key, is_active in keys:
            if is_active:
                self._keys[key.hash] = key
            else:
                self._keys.pop(key.hash, None)

    async def _learn_soon(self) -> None:
        await asyncio.sleep(LEARN_SECONDS)
        # Who asks from now on needs a later answer.
        self._learning = None
        await run_in_threadpool(self._try_refresh)

    def _run(self) -> None:
        while not self._stopping.wait(REFRESH_SECONDS):
            self._unknown.clear()
            self._try_refresh()

    def _try_refresh(self) -> None:
        try:
            self.refresh()
        except StorageUnavailable:
            if not self._failing:
                log.warning("tenant_cache.stale", extra={"loaded": self.loaded})
            self._failing = True
        except Exception:
            log.exception("tenant_cache.failed")
        else:
            self._failing = False
