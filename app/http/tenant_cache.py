"""The tenants: every org and active key, in memory, at most a second old.

Captures must not wait for PostgreSQL, so each web process keeps what it needs to know of orgs and
keys, and a thread asks once a second whether anything has changed. While PostgreSQL is away the
last known state holds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.api_key import ApiKey, hash_key
from app.domain.errors import StorageUnavailable
from app.domain.org import Org
from app.storage import api_keys, orgs
from app.storage.database import Database, transaction

log = logging.getLogger(__name__)

#: How often the version is asked for: also the longest life of a revoked key.
REFRESH_SECONDS = 1.0


@dataclass(frozen=True)
class _Snapshot:
    version: int = -1
    by_slug: Mapping[str, Org] = field(default_factory=dict)
    by_id: Mapping[str, Org] = field(default_factory=dict)
    keys: Mapping[bytes, ApiKey] = field(default_factory=dict)


class TenantCache:
    """Looks up orgs and keys without asking anybody."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._snapshot = _Snapshot()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tenants", daemon=True)
        self._failing = False

    @property
    def loaded(self) -> bool:
        """Whether orgs are known: without them no capture can be taken."""
        return self._snapshot.version >= 0

    def org_named(self, slug: str) -> Org | None:
        """The org with that slug."""
        return self._snapshot.by_slug.get(slug)

    def org(self, org_id: str) -> Org | None:
        """The org with that id."""
        return self._snapshot.by_id.get(org_id)

    def key(self, text: str) -> ApiKey | None:
        """The active key with that text."""
        return self._snapshot.keys.get(hash_key(text))

    def start(self) -> None:
        """Read once, then keep reading in the background."""
        self._try_refresh()
        self._thread.start()

    def stop(self) -> None:
        """End the background thread."""
        self._stopping.set()
        self._thread.join(timeout=5)

    def refresh(self) -> None:
        """Read again if anything changed. Raises `StorageUnavailable`."""
        with transaction(self._database) as cursor:
            version = orgs.directory_version(cursor)
            if version == self._snapshot.version:
                return
            all_orgs = orgs.all_orgs(cursor)
            keys = api_keys.active_keys(cursor)
        self._snapshot = _Snapshot(
            version,
            {org.slug: org for org in all_orgs},
            {org.id: org for org in all_orgs},
            {key.hash: key for key in keys},
        )

    def _run(self) -> None:
        while not self._stopping.wait(REFRESH_SECONDS):
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
