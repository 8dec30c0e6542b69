"""The scheduler: runs periodic tasks that find what is due.

It keeps nothing in memory and claims what it works on, so several may run and any may be killed
at any time. Tasks stand in two lists with their intervals: prompt ones that somebody waits for,
and slow ones, which run in their own thread so they can't delay the prompt ones.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import redis
from dramatiq.errors import ConnectionClosed

from app.domain.errors import StorageUnavailable
from app.queue.broker import StreamsBroker
from app.queue.jobs import CAPTURES, DELIVERIES
from app.queue.notifier import DeliveryNotifier
from app.storage.database import Database, open_database
from config.settings import Settings
from workers.housekeeping import Housekeeping
from workers.maintenance import MaintenanceTasks
from workers.replays import INTERVAL_SECONDS as REPLAYS_INTERVAL_SECONDS
from workers.replays import Replays

log = logging.getLogger(__name__)

#: What a task raises while a server is away; it runs again at its next interval.
_AWAY = (StorageUnavailable, redis.RedisError, ConnectionClosed)
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
#: Pause after a failure, so an outage costs a log line now and then.
OUTAGE_PAUSE_SECONDS = 1.0


class PeriodicTask(NamedTuple):
    """Something to run at an interval."""

    name: str
    interval_seconds: float
    do: Callable[[], None]


class Scheduler:
    """Runs each task when it is due, one at a time, until stopped."""

    def __init__(self, tasks: Sequence[PeriodicTask], stopping: threading.Event) -> None:
        self._tasks = tasks
        self._stopping = stopping
        self._due = dict.fromkeys((task.name for task in tasks), 0.0)
        self._failing: set[str] = set()

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
            self._note_failure(task, error)
        except Exception:
            log.exception("scheduler.failed", extra={"task": task.name})
            self._stopping.wait(OUTAGE_PAUSE_SECONDS)
        else:
            if task.name in self._failing:
                self._failing.discard(task.name)
                log.info("scheduler.resumed", extra={"task": task.name})

    def _note_failure(self, task: PeriodicTask, error: Exception) -> None:
        if task.name not in self._failing:
            self._failing.add(task.name)
            log.warning(
                "scheduler.waiting", extra={"task": task.name, "error": type(error).__name__}
            )


def prompt_tasks(
    settings: Settings, database: Database, broker: StreamsBroker
) -> list[PeriodicTask]:
    """Tasks that somebody waits for."""
    rounds = MaintenanceTasks(database, broker)
    replays = Replays(database, DeliveryNotifier(broker.client))
    return [
        PeriodicTask("drain_fallback", 1.0, rounds.drain_fallback),
        PeriodicTask("notify_due", settings.scheduler_interval_seconds, rounds.notify_due),
        PeriodicTask("release_lost_leases", 0.5, rounds.release_lost_leases),
        PeriodicTask("move_legacy_jobs", 2.0, rounds.move_legacy_jobs),
        PeriodicTask("advance_replays", REPLAYS_INTERVAL_SECONDS, replays.advance),
    ]


def slow_tasks(settings: Settings, database: Database, broker: StreamsBroker) -> list[PeriodicTask]:
    """Slow tasks run in their own thread so they can't delay the prompt ones."""
    rounds = MaintenanceTasks(database, broker)
    house = Housekeeping(database, DeliveryNotifier(broker.client), settings)
    return [
        PeriodicTask("cancel_for_deleted_webhooks", 5.0, rounds.cancel_for_deleted_webhooks),
        PeriodicTask("fail_expired", 30.0, house.fail_expired),
        PeriodicTask("fail_held_too_long", 600.0, house.fail_held_too_long),
        PeriodicTask("fail_held_too_many", 600.0, house.fail_held_too_many),
        PeriodicTask("delete_old_rows", 600.0, house.delete_old_rows),
    ]


def run(settings: Settings) -> int:
    """Run the scheduler until SIGTERM or SIGINT."""
    # Waited for, not handled: an event that a handler sets may deadlock.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    stopping = threading.Event()
    database = open_database(settings.database_url)
    broker = StreamsBroker(settings.redis_url, threads=2)
    for queue in (CAPTURES, DELIVERIES):
        broker.declare_queue(queue)
    broker.watch()
    log.info("scheduler.started")
    threads = [
        threading.Thread(target=Scheduler(tasks, stopping).run)
        for tasks in (
            prompt_tasks(settings, database, broker),
            slow_tasks(settings, database, broker),
        )
    ]
    for thread in threads:
        thread.start()
    signal.sigwait(STOP_SIGNALS)
    stopping.set()
    for thread in threads:
        thread.join()
    broker.close()
    log.info("scheduler.stopped")
    return 0
