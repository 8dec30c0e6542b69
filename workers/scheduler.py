"""The scheduler: runs periodic tasks that find what is due.

It keeps no state in memory and claims what it works on, so several may run and any may be killed at
any time. Tasks are in two lists with their intervals: prompt ones that somebody waits for,
and slow ones, which run in their own thread so they can't delay the prompt ones.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import redis
from dramatiq.errors import ConnectionClosed

from app.domain.errors import Unavailable
from app.domain.times import now
from app.metrics.exposition import serve_own
from app.metrics.families import REGISTRY, TASKS
from app.monitoring.facts import UPDATE_SECONDS, FactsCollector
from app.monitoring.reporter import Reporter
from app.monitoring.system import make_system
from app.queue.broker import StreamsBroker
from app.queue.connection import connect
from app.queue.jobs import CAPTURES, DELIVERIES
from app.queue.notifier import DeliveryNotifier
from app.queue.retired_streams import drain_retired
from app.queue.stream_clients import ALL_STREAMS, connect_streams
from app.storage.database import Database, open_database
from app.storage.secret_key import cipher_of
from config.settings import Settings
from workers.captures import Recorder
from workers.clock_check import check_clock
from workers.fallback import FallbackDrain
from workers.hourly_figures import HourlyFigures
from workers.housekeeping import Housekeeping
from workers.maintenance import MaintenanceTasks
from workers.replays import INTERVAL_SECONDS as REPLAYS_INTERVAL_SECONDS
from workers.replays import Replays
from workers.standby_check import check_standby
from workers.verifications import Verifications

log = logging.getLogger(__name__)

#: What a task raises while a server is away, which is logged where it is noticed (database.py,
#: heartbeat.py); it runs again at its next interval.
_AWAY = (Unavailable, redis.RedisError, ConnectionClosed)
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_OUTCOMES = ("done", "postponed", "failed")
#: Pause after a failure, so an outage costs a log line now and then.
OUTAGE_PAUSE_SECONDS = 1.0
#: How long recording waits for Redis to tell workers what is due; else the scheduler finds it.
NOTIFY_SECONDS = 0.25


class PeriodicTask(NamedTuple):
    """Something to run at an interval."""

    name: str
    interval_seconds: float
    do: Callable[[], None]
    #: How long after the start it runs first.
    delay_seconds: float = 0.0


class Scheduler:
    """Runs each task when it is due, one at a time, until stopped."""

    def __init__(self, tasks: Sequence[PeriodicTask], stopping: threading.Event) -> None:
        self._tasks = tasks
        self._stopping = stopping
        for task in tasks:
            for outcome in _OUTCOMES:
                TASKS.labels(task.name, outcome)  # a rate needs the zero before the first one
        self._due = {task.name: time.monotonic() + task.delay_seconds for task in tasks}

    def run(self) -> None:
        """Run until stopped."""
        while not self._stopping.is_set():
            for task in self._tasks:
                if self._due[task.name] <= time.monotonic():
                    self._do(task)
                    self._due[task.name] = time.monotonic() + task.interval_seconds
            self._stopping.wait(max(0.0, min(self._due.values()) - time.monotonic()))

    def _do(self, task: PeriodicTask) -> None:
        try:
            task.do()
        except _AWAY as error:
            TASKS.labels(task.name, "postponed").inc()
            extra = {"task": task.name, "error": type(error).__name__}
            log.debug("scheduler.task_postponed", extra=extra)
        except Exception:
            TASKS.labels(task.name, "failed").inc()
            log.exception("scheduler.failed", extra={"task": task.name})
            self._stopping.wait(OUTAGE_PAUSE_SECONDS)
        else:
            TASKS.labels(task.name, "done").inc()


def prompt_tasks(
    settings: Settings, database: Database, broker: StreamsBroker
) -> list[PeriodicTask]:
    """Tasks that somebody waits for."""
    rounds = MaintenanceTasks(database, broker)
    streams = connect_streams(settings.redis_url, ALL_STREAMS, connections=1)
    retired, required = streams[settings.capture_streams :], settings.redis_replicas_required
    drain = partial(drain_retired, retired, streams[0], required)
    replays = Replays(database, DeliveryNotifier(broker.client))
    return [
        PeriodicTask("notify_due", settings.scheduler_interval_seconds, rounds.notify_due),
        PeriodicTask("release_lost_leases", 0.5, rounds.release_lost_leases),
        PeriodicTask("drain_retired_streams", 5.0, drain),
        PeriodicTask("move_legacy_jobs", 2.0, rounds.move_legacy_jobs),
        PeriodicTask("advance_replays", REPLAYS_INTERVAL_SECONDS, replays.advance),
    ]


def slow_tasks(settings: Settings, database: Database, broker: StreamsBroker) -> list[PeriodicTask]:
    """Slow tasks run in their own thread so they can't delay the prompt ones."""
    rounds = MaintenanceTasks(database, broker)
    required = settings.redis_replicas_required
    house = Housekeeping(database, DeliveryNotifier(broker.client), settings)
    return [
        PeriodicTask("cancel_for_deleted_webhooks", 5.0, rounds.cancel_for_deleted_webhooks),
        PeriodicTask("fail_expired", 30.0, house.fail_expired),
        PeriodicTask("fail_held_too_long", 600.0, house.fail_held_too_long),
        PeriodicTask("fail_held_too_many", 600.0, house.fail_held_too_many),
        PeriodicTask("make_partitions", 600.0, house.make_partitions),
        PeriodicTask("delete_old_rows", 600.0, house.delete_old_rows),
        # Not at once: workers of the version before, which are about to go, would send them so.
        PeriodicTask("encrypt_headers", 86_400.0, house.encrypt_headers, delay_seconds=600.0),
        PeriodicTask("count_hours", 5.0, HourlyFigures(database).count),
        PeriodicTask("check_clock", 60.0, partial(check_clock, database)),
        PeriodicTask("check_standby", 3600.0, partial(check_standby, database, required)),
    ]


def fallback_tasks(settings: Settings) -> list[PeriodicTask]:
    """What records the fallback table; a backlog takes its time, so it has its own thread.

    A Redis that hangs must not stop it, so it does not wait for Redis for long.
    """
    client = connect(settings.redis_url, connections=1, retries=0, patience_seconds=NOTIFY_SECONDS)
    database = open_database(settings.database_url, by_index=True)
    recorder = Recorder(database, DeliveryNotifier(client), now)
    drain = FallbackDrain(open_database(settings.database_url, by_index=True), recorder)
    return [PeriodicTask("drain_fallback", 1.0, drain.drain)]


def captcha_tasks(settings: Settings) -> list[PeriodicTask]:
    """What asks others, who may be slow, and so has its own thread."""
    database = open_database(settings.database_url, by_index=True)
    url, ca_file = settings.captcha_proxy_url, settings.webhook_ca_file
    verifications = Verifications(database, cipher_of(settings), url, ca_file)
    return [PeriodicTask("verify_captchas", 1.0, verifications.verify_due)]


def metrics_tasks(settings: Settings) -> list[PeriodicTask]:
    """What looks at servers and backlogs for the metrics; a server that hangs holds up no other."""
    if not settings.metrics_port:
        return []
    database = open_database(settings.database_url, by_index=True)
    facts = FactsCollector(make_system(settings, database=database))
    REGISTRY.register(facts)
    return [PeriodicTask("update_metrics", UPDATE_SECONDS, facts.update)]


def run(settings: Settings) -> int:
    """Run the scheduler until SIGTERM or SIGINT."""
    # Waited for, not handled: an event that a handler sets may deadlock.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    stopping = threading.Event()
    database = open_database(settings.database_url)
    broker = StreamsBroker(settings.redis_url, threads=2, capture_streams=settings.capture_streams)
    for queue in (CAPTURES, DELIVERIES):
        broker.declare_queue(queue)
    broker.watch()
    reporter = Reporter(
        "scheduler",
        open_database(settings.database_url),
        settings.redis_url,
        name=broker.consumer_name,
    )
    reporter.start()
    serve_own(settings, "scheduler")
    log.info("scheduler.started")
    threads = [
        threading.Thread(target=Scheduler(tasks, stopping).run)
        for tasks in (
            prompt_tasks(settings, database, broker),
            slow_tasks(settings, database, broker),
            fallback_tasks(settings),
            captcha_tasks(settings),
            metrics_tasks(settings),
        )
        if tasks
    ]
    for thread in threads:
        thread.start()
    signal.sigwait(STOP_SIGNALS)
    stopping.set()
    for thread in threads:
        thread.join()
    reporter.stop()
    broker.close()
    log.info("scheduler.stopped")
    return 0
