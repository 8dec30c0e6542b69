"""Says that a server went away and that it is back: one line each, however many calls fail.

Where a role has several processes, one of them says it for all.
"""

from __future__ import annotations

import logging
import threading
import time

from config.role_marker import RoleMarker

log = logging.getLogger(__name__)

#: Of a server that comes and goes no more is said than this.
SECONDS_BETWEEN_OUTAGES = 15.0

#: A mark that nobody has renewed for so long was left by a process that is gone.
MARK_SECONDS_MAX = 60.0


class Outage:
    """What a process knows of one server, from the outcome of its own calls."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._since: float | None = None
        self._logged_at = float("-inf")
        self._refuses_writes = False
        self._marker = RoleMarker(f"{server}.away")

    def failed(self, error: BaseException, *, refuses_writes: bool = False) -> None:
        """A call failed. `refuses_writes`: the server still answers, so only a write ends this."""
        with self._lock:
            now = time.monotonic()
            self._since = self._since or now
            self._refuses_writes |= refuses_writes
            is_logged = self._logged_at >= self._since
            if is_logged:
                self._marker.keep()
            if is_logged or now - self._logged_at < SECONDS_BETWEEN_OUTAGES:
                return
            self._logged_at, seconds = now, round(now - self._since, 1)
            if not self._marker.set(MARK_SECONDS_MAX):
                return
        reason = " ".join(str(error.args[0] if error.args else error).split())[:300]
        extra = {"error": type(error).__name__, "reason": reason, "for_seconds": seconds}
        log.warning(f"{self._server}.unreachable", extra=extra)

    def worked(self, *, wrote: bool = True) -> None:
        """A call was answered."""
        # Without the lock: every call comes through here.
        if self._since is None or (self._refuses_writes and not wrote):
            return
        with self._lock:
            since, self._since, self._refuses_writes = self._since, None, False
            was_logged = since is not None and self._logged_at >= since
        if since is not None and was_logged and self._marker.clear():
            seconds = round(time.monotonic() - since, 1)
            log.warning(f"{self._server}.reachable", extra={"after_seconds": seconds})
