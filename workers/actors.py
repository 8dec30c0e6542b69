"""What a worker process is made of: a broker and the actors of its role. Wiring only.

`workers.main` and `workers.deliver` call one of the two functions in each process, after any fork:
the broker's name and every connection belong to that process alone.
"""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import dramatiq
import msgspec

from app.domain.errors import Unavailable
from app.domain.times import now
from app.metrics.exposition import serve_own
from app.metrics.families import SLOTS
from app.monitoring.reporter import Holds, Reporter
from app.queue.batches import Batching
from app.queue.broker import StreamsBroker
from app.queue.connection import connect
from app.queue.jobs import CAPTURES, DELIVER, DELIVERIES, RECORD_CAPTURES
from app.queue.notifier import DeliveryNotifier
from app.queue.push_channel import PushListener, PushSender
from app.storage.database import open_database
from app.storage.delivery.pushes import read_message
from app.storage.secret_key import cipher_of
from app.storage.webhook.retry_rules import retry_rules
from config.descriptors import make_room
from config.logging import configure_logging
from config.settings import BadSetting, Settings, read_settings
from workers.captures import BATCHING, THREADS, Recorder
from workers.clock_check import watch_clock
from workers.pusher import Pusher
from workers.reporting import JobsInHand, Reporting

if TYPE_CHECKING:
    from workers.engine import DeliveryEngine
    from workers.transactions import Spawn

log = logging.getLogger(__name__)

#: No fault of the job: it is tried again as long as it takes, and a traceback would say nothing.
EXPECTED = (Unavailable,)
#: Threads that hand notifications to the engine, and how many at a time.
NOTIFICATION_THREADS = 2
NOTIFICATIONS = Batching(jobs_max=128, bytes_max=64 * 1024)
#: Idle connections to receivers that a process keeps; at most a quarter of its descriptors.
IDLE_CONNECTIONS_MAX = 1000


def record() -> StreamsBroker:
    """Make this a process that records captures."""
    settings = _start(CAPTURES)
    broker = _make_broker(settings, THREADS)
    database = open_database(settings.database_url, by_index=True)
    pusher = Pusher(database, PushSender(broker.client), retry_rules(settings))
    recorder = Recorder(database, DeliveryNotifier(broker.client), now, pusher)
    _declare(broker, CAPTURES, RECORD_CAPTURES, recorder.record, batching=BATCHING)
    jobs = JobsInHand()
    broker.add_middleware(jobs)
    _report(broker, settings, CAPTURES, jobs.holds)
    return broker


def deliver(spawn: Spawn) -> tuple[StreamsBroker, DeliveryEngine, PushListener]:
    """Make this a process that delivers; `spawn` starts an attempt. Engine and listener are run."""
    settings = _start(DELIVERIES)
    broker = _make_broker(settings, NOTIFICATION_THREADS)
    notifier = DeliveryNotifier(broker.client)
    engine = make_engine(settings, notifier, broker.consumer_name, spawn)

    def take_notifications(jobs: Sequence[msgspec.Raw]) -> None:
        webhook_ids = [msgspec.json.decode(job, type=str) for job in jobs]
        notifier.take(webhook_ids)
        engine.note_due(webhook_ids)

    def take_pushes(message: bytes) -> None:
        engine.take_pushes(read_message(message))

    _declare(broker, DELIVERIES, DELIVER, take_notifications, batching=NOTIFICATIONS)
    broker.add_middleware(JobsInHand())
    _report(broker, settings, DELIVERIES, partial(_slots, engine))
    client = connect(settings.redis_url, connections=1, retries=0)
    return broker, engine, PushListener(client, broker.client, broker.consumer_name, take_pushes)


def share_descriptors(threads: int) -> tuple[int, int]:
    """Attempts in flight and idle connections for which this process has descriptors."""
    from workers.sending.happy_eyeballs import RACING_MAX

    room = make_room(threads * RACING_MAX + IDLE_CONNECTIONS_MAX)
    idle = min(IDLE_CONNECTIONS_MAX, room // 4)
    slots = min(threads, room - idle)
    if slots < threads:
        log.warning("descriptors.few", extra={"attempts_in_flight_max": slots})
    return slots, idle


def make_engine(
    settings: Settings, notifier: DeliveryNotifier, holder: str, spawn: Spawn
) -> DeliveryEngine:
    """The engine of a process whose leases name it as `holder`."""
    # Here, since with urllib3 it is memory that the other roles have no use for.
    from workers.attempts import Attempts
    from workers.completer import Completer
    from workers.engine import DeliveryEngine
    from workers.sender import Sender
    from workers.work import DeliveryConfig

    slots, idle_connections = share_descriptors(settings.worker_threads)
    config = DeliveryConfig(
        retries=retry_rules(settings),
        max_in_flight=settings.webhook_concurrency_max,
        slots=slots,
    )
    sender = Sender(
        connect_seconds=settings.delivery_connect_seconds,
        total_seconds=settings.delivery_total_seconds,
        allow_private=settings.allow_private_webhooks,
        allowed_ports=frozenset(settings.webhook_ports) or None,
        blocked_networks=settings.blocked_networks,
        connections_per_host=settings.webhook_concurrency_max,
        idle_connections=idle_connections,
        ca_file=settings.webhook_ca_file,
    )
    database = open_database(settings.database_url, shared=True, by_index=True)
    completer = Completer(database, config, holder)
    attempts = Attempts(sender, cipher_of(settings), config.retries)
    return DeliveryEngine(completer, attempts, config, notifier.notify, spawn)


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


def _start(role: str) -> Settings:
    settings = read_settings(os.environ)
    configure_logging(settings.log_level)
    serve_own(settings, role)
    watch_clock(settings.database_url)
    return settings


def _make_broker(settings: Settings, threads: int) -> StreamsBroker:
    middleware = load_middleware(settings.worker_middleware)
    streams = settings.capture_streams
    broker = StreamsBroker(
        settings.redis_url, threads=threads, middleware=middleware, capture_streams=streams
    )
    dramatiq.set_broker(broker)
    return broker


def _slots(engine: DeliveryEngine) -> dict[str, int]:
    """What a delivery process has in hand; the metric is set whenever it reports itself."""
    in_use, total = engine.in_flight, engine.slots
    SLOTS.labels("in_use").set(in_use)
    SLOTS.labels("total").set(total)
    return {"attempts": in_use, "slots": total}


def _report(broker: StreamsBroker, settings: Settings, role: str, holds: Holds) -> None:
    database = open_database(settings.database_url)
    name = broker.consumer_name
    reporter = Reporter(role, database, settings.redis_url, name=name, holds=holds)
    broker.add_middleware(Reporting(reporter))


def _declare(
    broker: StreamsBroker, queue: str, name: str, run: Callable[..., None], **options: Any
) -> None:
    options["throws"] = EXPECTED
    dramatiq.actor(broker=broker, queue_name=queue, actor_name=name, **options)(run)
