"""`Prefer: wait=N` (RFC 7240): a keyed caller may see the contact as it was stored."""

from __future__ import annotations

import asyncio
import re

import msgspec
from starlette.concurrency import run_in_threadpool

from app.domain.capture.capture import Capture
from app.domain.contact.contact_view import contact_view
from app.domain.errors import StorageUnavailable
from app.domain.org.org import Org
from app.ingress.answers import Reply, json_reply
from app.storage.capture import captures
from app.storage.capture.captures import Stored
from app.storage.database import Database, transaction

#: The longest wait that is granted.
WAIT_SECONDS_MAX = 10
#: The first pause between two looks; it doubles up to the longest one.
_FIRST_LOOK_SECONDS = 0.01
_LONGEST_LOOK_SECONDS = 0.25
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,3})\"?(?:$|[,;\s])", re.IGNORECASE)


def wanted_wait_seconds(prefer: str) -> float:
    """How long the caller wants to wait, at most what is granted; 0: not at all."""
    match = _WAIT.search(prefer)
    return float(min(int(match[1]), WAIT_SECONDS_MAX)) if match else 0.0


class _Answered(msgspec.Struct):
    capture_id: str


class _Body(msgspec.Struct):
    data: _Answered


class PreferWait:
    """Looks for a capture's outcome in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answer(self, org: Org, capture: Capture, accepted: bytes, seconds: float) -> Reply:
        """200 or 201 with the contact as stored; the 202 when it takes longer than `seconds`."""
        capture_id = msgspec.json.decode(accepted, type=_Body).data.capture_id
        try:
            async with asyncio.timeout(seconds):
                stored = await self._wait_for(org.id, capture_id)
        except (TimeoutError, StorageUnavailable):
            return json_reply(202, accepted)
        view = contact_view(stored.contact)
        data = msgspec.structs.asdict(view) | {"capture_id": capture_id}
        reply = json_reply(201 if stored.created else 200, msgspec.json.encode({"data": data}))
        reply.headers.append((b"preference-applied", b"wait=%d" % seconds))
        return reply

    async def _wait_for(self, org_id: str, capture_id: str) -> Stored:
        pause = _FIRST_LOOK_SECONDS
        while True:
            stored = await run_in_threadpool(self._look, org_id, capture_id)
            if stored is not None:
                return stored
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_LOOK_SECONDS)

    def _look(self, org_id: str, capture_id: str) -> Stored | None:
        with transaction(self._database) as cursor:
            return captures.find_recorded(cursor, org_id, capture_id)
