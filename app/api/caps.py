"""What one org may have at once. Each check locks the org, so that the next one waits its turn."""

from __future__ import annotations

import time

from app.api.call import Call
from app.domain.errors import Conflict, RateLimitExceeded
from app.domain.ids import first_ulid_at
from app.domain.webhook.event import PING
from app.storage.database import Cursor
from app.storage.delivery import events, replays
from app.storage.org import orgs
from app.storage.webhook import webhooks

_MINUTE_SECONDS = 60


def check_webhooks(cursor: Cursor, call: Call) -> None:
    """Raises `Conflict` if the org has as many webhooks as it may have."""
    most = call.services.settings.webhooks_per_org_max
    orgs.lock(cursor, call.org.id)
    if webhooks.count(cursor, call.org.id) >= most:
        raise Conflict(f"An org may have {most} webhooks: delete one that is not needed")


def check_replays(cursor: Cursor, call: Call) -> None:
    """Raises `Conflict` if as many replays of the org run as may."""
    most = call.services.settings.replays_per_org_max
    orgs.lock(cursor, call.org.id)
    if replays.count_running(cursor, call.org.id) >= most:
        raise Conflict(f"{most} replays may run at a time: wait for one, or cancel it")


def check_pings(cursor: Cursor, call: Call) -> None:
    """Raises `RateLimitExceeded` if the org has pinged as often in this minute as it may."""
    most = call.services.settings.ping_rate_per_org
    orgs.lock(cursor, call.org.id)
    first = "evt_" + first_ulid_at(int((time.time() - _MINUTE_SECONDS) * 1000))
    if events.count_since(cursor, call.org.id, PING, first) >= most:
        raise RateLimitExceeded(_MINUTE_SECONDS, f"More than {most} pings a minute")
