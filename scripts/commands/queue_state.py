"""All that bench and chaos do to the queue themselves: put jobs in, look jobs up, delete keys."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import redis

from app.domain.capture.capture import Capture
from app.queue.admission import PREFIX
from app.queue.broker import StreamsBroker
from app.queue.connection import connect
from app.queue.figures import depth_of
from app.queue.jobs import CAPTURES, DELIVERIES, KEYS, RECORD_CAPTURES, encode_job
from app.queue.notifier import DeliveryNotifier

#: How long a deletion waits for a server that is being restarted.
DELETE_SECONDS = 10.0


def enqueue_captures(redis_url: str, jobs: Sequence[Sequence[Capture]]) -> None:
    """Put jobs of captures into the queue, as the ingress does."""
    broker = StreamsBroker(redis_url, threads=1)
    broker.enqueue_many(CAPTURES, [encode_job(RECORD_CAPTURES, [job]) for job in jobs])
    broker.close()


def notify(redis_url: str, webhook_id: str) -> None:
    """Notify the delivery workers of a webhook, as a recorded event does."""
    DeliveryNotifier(connect(redis_url, connections=1)).notify([webhook_id])


def capture_jobs(client: redis.Redis) -> int:
    """Jobs of captures that are not done."""
    return depth_of(client, CAPTURES).unfinished


def open_jobs(redis_url: str, notification_seconds: float) -> list[str]:
    """The capture jobs that are not done, dead letters too, and notifications older than that."""
    with closing(connect(redis_url, connections=1)) as client:
        captures = [
            *_ids_in(client, KEYS.stream(CAPTURES)),
            *_ids_in(client, KEYS.dead_letters(CAPTURES)),
            *(f"retry {number}" for number in range(client.zcard(KEYS.retry(CAPTURES)))),
        ]
        notifications = _ids_in(client, KEYS.stream(DELIVERIES))
    old = [job for job in notifications if _age_seconds(job) > notification_seconds]
    return [*captures, *old]


def flush_notifications(redis_url: str) -> None:
    """Delete everything about the queue of deliveries."""
    _delete(redis_url, "notified", KEYS.stream(DELIVERIES), KEYS.retry(DELIVERIES))


def flush_admission(redis_url: str) -> None:
    """Delete limits and first answers."""
    for kind in ("from", "for", "key", "same", "idem"):
        _delete(redis_url, kind)


def _delete(redis_url: str, kind: str, *names: str) -> None:
    """Waits for a server which another fault has just had restarted."""
    deadline = time.monotonic() + DELETE_SECONDS
    with closing(connect(redis_url, connections=1)) as client:
        while True:
            try:
                found = [*client.scan_iter(f"{PREFIX}{kind}:*", count=1000), *names]
                if found:
                    client.delete(*found)
                return
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def _ids_in(client: redis.Redis, stream: str) -> list[str]:
    found: Any = client.xrange(stream)
    return [entry_id.decode() for entry_id, _ in found]


def _age_seconds(job: str) -> float:
    """How long ago a job was enqueued: its id begins with the time."""
    return time.time() - int(job.partition("-")[0]) / 1000
