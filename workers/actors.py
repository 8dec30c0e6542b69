"""What a worker process is made of: a broker and the actors of its role. Wiring only.

`workers.main` calls one of the two functions in each process, after the fork: the broker's name
and every connection belong to that process alone. So does dramatiq's own command line, given
`workers.actors:record` or `workers.actors:deliver`.
"""

from __future__ import annotations

import importlib
import os
import resource
from collections.abc import Callable, Sequence
from typing import Any

import dramatiq

from app.domain.backoff import RetryPolicy
from app.domain.errors import StorageUnavailable
from app.domain.times import now
from app.queue.broker import StreamsBroker
from app.queue.jobs import CAPTURES, DELIVER, DELIVERIES, RECORD_CAPTURES
from app.queue.notifier import DeliveryNotifier
from app.storage.database import open_database
from app.storage.secret_key import cipher_of
from config.logging import configure_logging
from config.settings import BadSetting, Settings, read_settings
from workers.attempts import Attempts
from workers.batch import DeliveryConfig
from workers.captures import BATCHING, THREADS, Recorder
from workers.clock_check import watch_clock
from workers.completer import Completer
from workers.deliveries import DeliveryWorker
from workers.sender import Sender

#: No fault of the job: it is tried again as long as it takes, and a traceback would say nothing.
EXPECTED = (StorageUnavailable,)
#: Open files that a process allows itself.
DESCRIPTORS_MAX = 65_536
#: Idle connections to receivers that a process keeps; at most half of its descriptors.
IDLE_CONNECTIONS_MAX = 1000


def record() -> StreamsBroker:
    """Make this a process that records captures."""
    settings = _start()
    broker = _make_broker(settings, THREADS)
    recorder = Recorder(open_database(settings.database_url), DeliveryNotifier(broker.client), now)
    _declare(broker, CAPTURES, RECORD_CAPTURES, recorder.record, batching=BATCHING)
    return broker


def deliver() -> StreamsBroker:
    """Make this a process that delivers."""
    settings = _start()
    broker = _make_broker(settings, settings.worker_threads)
    worker = make_delivery_worker(settings, DeliveryNotifier(broker.client))
    _declare(broker, DELIVERIES, DELIVER, worker.deliver)
    return broker


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
    attempts = Attempts(sender, cipher_of(settings), config.policy)
    return DeliveryWorker(completer, notifier, attempts, config)


def load_middleware(paths: Sequence[str]) -> list[dramatiq.Middleware]:
    """Make the middleware that WORKER_MIDDLEWARE names. Raises `BadSetting`."""
    made = []
    for path in paths:
        module, _, name = path.partition(":")
        try:
            made.append(getattr(importlib.import_module(module), name)())
        except (ImportError, AttributeError, TypeError) as error:
            raise BadSetting("WORKER_MIDDLEWARE", f"{path}: {error}") from error
    return made


def _start() -> Settings:
    settings = read_settings(os.environ)
    configure_logging(settings.log_level)
    watch_clock(settings.database_url)
    return settings


def _raise_descriptor_limit() -> int:
    """Allow this process as many open files as its user may have; gives that number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = DESCRIPTORS_MAX if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS_MAX)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit


def _make_broker(settings: Settings, threads: int) -> StreamsBroker:
    middleware = load_middleware(settings.worker_middleware)
    broker = StreamsBroker(settings.redis_url, threads=threads, middleware=middleware)
    dramatiq.set_broker(broker)
    return broker


def _declare(
    broker: StreamsBroker, queue: str, name: str, run: Callable[..., None], **options: Any
) -> None:
    options["throws"] = EXPECTED
    dramatiq.actor(broker=broker, queue_name=queue, actor_name=name, **options)(run)
