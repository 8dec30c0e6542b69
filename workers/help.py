"""When other delivery processes are asked to help with a backlog."""

from __future__ import annotations

from collections.abc import Iterable

from workers.lanes import LANES_MAX
from workers.work import WebhookWork

#: Between two calls for help with one webhook.
HELP_SECONDS = 0.2


class Help:
    """Used by the engine's loop alone. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._asked_at: dict[str, float] = {}

    def needed(self, works: Iterable[WebhookWork], now: float) -> set[str]:
        """The webhooks that have more due than was claimed, and for which nobody was asked yet."""
        since = now - HELP_SECONDS
        found = {
            work.webhook_id
            for work in works
            if work.more
            and not work.wait_seconds
            and self._asked_at.get(work.webhook_id, since) <= since
        }
        if len(self._asked_at) + len(found) > LANES_MAX:
            self._asked_at.clear()
        self._asked_at.update(dict.fromkeys(found, now))
        return found
