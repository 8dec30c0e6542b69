"""What a worker process is made of: a broker and the actors of its role. Wiring only.

Dramatiq's command line calls one of the two functions in each worker process, after the fork, and
then asks dramatiq for the broker: its id and every connection belong to that process alone.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable

import dramatiq

from app.domain.backoff import RetryPolicy
from app.domain.errors import StorageUnavailable
from app.domain.times import now
from app.queue.broker import WakingBroker, connect_broker
from app.queue.jobs import CAPTURES, DELIVER, DELIVERIES, RECORD_CAPTURES, DeliveryNotifier
from app.queue.messages import POISON_ACTOR
from app.storage.database import TransactionConflict, open_database
from app.storage.secret_cipher import SecretCipher
from config.logging import configure_logging
from config.settings import Settings, read_settings
from workers.attempts import Attempts
from workers.batch import DeliveryConfig
from workers.captures import TRANSACTIONS_AT_ONCE, Recorder
from workers.completer import Completer
from workers.deliveries import DeliveryWorker
from workers.sender import Sender

#: No fault of the job: it rests in the queue, and its traceback would say nothing.
EXPECTED = (StorageUnavailable, TransactionConflict)
#: Open files that a process allows itself.
DESCRIPTORS_MAX = 65_536
#: Idle connections to receivers that a process keeps; at most half of its descriptors.
IDLE_CONNECTIONS_MAX = 1000


def record() -> None:
    """Make this a process that records captures."""
    settings = _start()
    broker = connect_broker(settings.redis_url, threads=settings.capture_threads)
    # Any thread may lead a transaction, but few at a time: they need no connection each.
    database = open_database(settings.database_url, pool_size=TRANSACTIONS_AT_ONCE + 1)
    recorder = Recorder(database, DeliveryNotifier(broker.client), now)
    _declare(broker, CAPTURES, RECORD_CAPTURES, recorder.record)
    _declare(broker, CAPTURES, POISON_ACTOR, recorder.keep_poison)
    dramatiq.set_broker(broker)


def deliver() -> None:
    """Make this a process that delivers."""
    settings = _start()
    # No more bells in hand than threads: one that waits behind a slow receiver helps nobody.
    threads = settings.worker_threads
    broker = connect_broker(settings.redis_url, threads=threads, prefetch=threads)
    recorder = Recorder(open_database(settings.database_url), DeliveryNotifier(broker.client), now)
    worker = make_delivery_worker(settings, DeliveryNotifier(broker.client))
    _declare(broker, DELIVERIES, DELIVER, worker.deliver)
    _declare(broker, DELIVERIES, POISON_ACTOR, recorder.keep_poison)
    dramatiq.set_broker(broker)


def make_delivery_worker(settings: Settings, notifier: DeliveryNotifier) -> DeliveryWorker:
    """The worker of a process that delivers."""
    config = DeliveryConfig(
        policy=RetryPolicy(
            settings.retry_base_seconds,
            settings.retry_cap_seconds,
            settings.retry_max_attempts,
            settings.retry_max_age_seconds,
        ),
        max_in_flight=settings.webhook_concurrency_max,
        attempt_seconds=settings.delivery_total_seconds,
    )
    sender = Sender(
        connect_seconds=settings.delivery_connect_seconds,
        total_seconds=settings.delivery_total_seconds,
        allow_private=settings.allow_private_webhooks,
        allowed_ports=frozenset(settings.webhook_ports) or None,
        blocked_networks=settings.blocked_networks,
        connections_per_host=settings.webhook_concurrency_max,
        idle_connections=min(IDLE_CONNECTIONS_MAX, _raise_descriptor_limit() // 2),
        ca_file=settings.webhook_ca_file,
    )
    database = open_database(settings.database_url, shared=True, by_index=True)
    completer = Completer(database, config, notifier.notify)
    attempts = Attempts(sender, SecretCipher(settings.secret_key), config.policy)
    return DeliveryWorker(completer, notifier, attempts, config)


def _start() -> Settings:
    settings = read_settings(os.environ)
    configure_logging(settings.log_level)
    return settings


def _raise_descriptor_limit() -> int:
    """Allow this process as many open files as its user may have; gives that number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = DESCRIPTORS_MAX if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS_MAX)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit


def _declare(broker: WakingBroker, queue: str, name: str, run: Callable[..., None]) -> None:
    dramatiq.actor(broker=broker, queue_name=queue, actor_name=name, throws=EXPECTED)(run)
