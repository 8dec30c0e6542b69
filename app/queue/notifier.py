"""Tells delivery workers that a webhook has something due."""

from __future__ import annotations

import time
from collections.abc import Iterable

import redis

from app.domain.errors import QueueUnavailable
from app.queue.admission import PREFIX, SCRIPT, AdmissionRequest, script_arguments
from app.queue.connection import hang_up
from app.queue.jobs import DELIVER, DELIVERIES, KEYS, encode_job

#: So long a webhook that was notified is not notified again, unless a worker takes it before: a
#: burst of events costs one job, and a job that was lost costs no more than this.
DEDUPE_MS = 5_000
#: More jobs than this are of no use: with no worker alive they would only grow in number.
DEPTH_MAX = 10_000
#: After a failure nobody is notified so long: callers wait, and the scheduler notifies as well.
PAUSE_SECONDS = 1.0


class DeliveryNotifier:
    """Enqueues one job for each webhook, unless one is waiting already."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._script = client.register_script(SCRIPT)
        self._paused_until = 0.0
        self._reminded_at: dict[str, float] = {}

    def notify(self, webhook_ids: Iterable[str], behind: Iterable[str] = ()) -> bool:
        """Notify workers of these webhooks; False when Redis is away, or was a moment ago.

        `behind`: others that have something due for a while. Somebody was notified of that and is
        at it, so they are notified now and then only, in case nobody is.

        Nothing is lost then: the scheduler finds what is due and notifies again.
        """
        requests = [
            AdmissionRequest(encode_job(DELIVER, [each]), b"1", _dedupe_key(each), DEDUPE_MS)
            for each in [*webhook_ids, *self._to_remind(behind)]
        ]
        if time.monotonic() < self._paused_until:
            return False
        try:
            if requests:
                arguments = script_arguments(DEPTH_MAX, b"", b"", requests)
                self._script([KEYS.stream(DELIVERIES)], arguments)
        except redis.RedisError:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            hang_up(self._client)
            return False
        return True

    def _to_remind(self, webhook_ids: Iterable[str]) -> list[str]:
        now = time.monotonic()
        if len(self._reminded_at) > DEPTH_MAX:
            self._reminded_at.clear()
        since = now - DEDUPE_MS / 1000
        found = [each for each in webhook_ids if self._reminded_at.get(each, since) <= since]
        self._reminded_at.update(dict.fromkeys(found, now))
        return found

    def take(self, webhook_ids: Iterable[str]) -> None:
        """Note that a worker looks now: what becomes due from here on notifies again.

        Raises `QueueUnavailable`.
        """
        try:
            self._client.delete(*(PREFIX + _dedupe_key(each) for each in webhook_ids))
        except redis.RedisError as error:
            raise QueueUnavailable from error


def _dedupe_key(webhook_id: str) -> str:
    return f"notified:{webhook_id}"
