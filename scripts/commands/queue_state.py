"""All that bench and chaos do to the queue themselves: put jobs in, look jobs up, delete keys."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from urllib.parse import urlsplit

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from app.domain.capture import Capture
from app.queue import keys
from app.queue.broker import connect_broker
from app.queue.connection import connect
from app.queue.jobs import (
    CAPTURES,
    DELIVERIES,
    NOTIFIED_KEY,
    RECORD_CAPTURES,
    DeliveryNotifier,
)
from app.queue.messages import encode_message


def enqueue_captures(redis_url: str, jobs: Sequence[Sequence[Capture]]) -> None:
    """Put jobs of captures into the queue, as the ingress does."""
    broker = connect_broker(redis_url, threads=1)
    broker.enqueue_many(
        CAPTURES, [encode_message(CAPTURES, RECORD_CAPTURES, [job]) for job in jobs]
    )
    broker.close()


def notify(redis_url: str, webhook_id: str) -> None:
    """Notify the delivery workers of a webhook, as a recorded event does."""
    DeliveryNotifier(connect(redis_url, connections=1)).notify([webhook_id])


def capture_jobs(client: redis.Redis) -> int:
    """Jobs of captures that are not done."""
    return int(client.hlen(keys.payloads_key(CAPTURES)))


def open_jobs(redis_url: str, notification_seconds: float) -> list[str]:
    """Ids of the capture jobs that are not done, and of notifications older than that."""
    with closing(redis.Redis.from_url(redis_url)) as client:
        captures: list[bytes] = client.hkeys(keys.payloads_key(CAPTURES))  # type: ignore[assignment]
        notifications: list[bytes] = client.hkeys(keys.payloads_key(DELIVERIES))  # type: ignore[assignment]
    old = [job for job in notifications if _age_seconds(job) > notification_seconds]
    return [job.decode() for job in (*captures, *old)]


def flush_notifications(redis_url: str) -> None:
    """Delete everything about the queue of deliveries."""
    with closing(_patient_client(redis_url)) as client:
        acks = list(client.scan_iter(keys.acks_key("*", DELIVERIES)))
        of_queue = [name_of(DELIVERIES) for name_of in keys.OF_A_QUEUE]
        client.delete(NOTIFIED_KEY, *of_queue, *acks)


def flush_admission(redis_url: str) -> None:
    """Delete limits and first answers. They live in the database after the queue's."""
    queue = urlsplit(redis_url)
    admission = queue._replace(path=f"/{int(queue.path.strip('/') or 0) + 1}")
    with closing(_patient_client(admission.geturl())) as client:
        client.flushdb()


def _age_seconds(job: bytes) -> float:
    """How long ago a message was made: its id begins with the time."""
    return (time.time_ns() - int(job[:16], 16)) / 1e9


def _patient_client(url: str) -> redis.Redis:
    """A client that waits for a server which another fault has just had restarted."""
    return redis.Redis.from_url(
        url,
        retry=Retry(ConstantBackoff(0.1), retries=100),
        retry_on_error=[redis.exceptions.BusyLoadingError, redis.exceptions.ConnectionError],
    )
