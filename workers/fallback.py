"""Captures that wait in the fallback table are recorded from there.

Never by way of the queue: whatever kept them out of it, they are safe where they are. Rows are
locked while they are recorded, so several schedulers share a backlog; one that dies halfway leaves
rows that are recorded twice, which is one capture.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import msgspec

from app.domain.errors import StorageUnavailable
from app.storage.capture import fallback
from app.storage.database import Database, transaction
from workers.captures import Recorder

log = logging.getLogger(__name__)

#: One step records rows up to this size (some hundreds of captures): rows are locked meanwhile.
STEP_CHARS = 256 * 1024
#: A call ends after so long, so that a scheduler can stop.
DRAIN_SECONDS = 5.0


class FallbackDrain:
    """Records what waits in the fallback table. `database` holds the locks; not the recorder's."""

    def __init__(self, database: Database, recorder: Recorder) -> None:
        self._database = database
        self._recorder = recorder
        #: Where the next step begins: rows that cannot be recorded don't hold up those behind them.
        self._after = 0

    def drain(self) -> None:
        """Record rows until there are no more, for seconds at most. Raises `StorageUnavailable`."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._step() and time.monotonic() < deadline:
            pass

    def _step(self) -> bool:
        with transaction(self._database) as cursor:
            rows = fallback.lock_oldest(cursor, self._after, STEP_CHARS)
            recorded = rows if self._record(rows) else [row for row in rows if self._record([row])]
            fallback.remove(cursor, [row_id for row_id, _ in recorded])
        self._after = rows[-1][0] if rows else 0
        return bool(rows)

    def _record(self, rows: Sequence[tuple[int, str]]) -> bool:
        """Record rows; after a fault of ours they stay where they are."""
        try:
            self._recorder.record([msgspec.Raw(captures.encode()) for _, captures in rows])
        except StorageUnavailable:
            raise
        except Exception:
            if len(rows) == 1:
                log.exception("fallback.not_recorded", extra={"row": rows[0][0]})
            return False
        return True
