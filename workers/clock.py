"""The clock: a process that looks for what is due and sees to it.

It keeps nothing in memory and claims what it touches, so that several may run, and any of them may
be killed at any time. Its duties stand in two lists, each with its interval: what
somebody waits for, and what may take its time.
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
from app.queue.broker import WakingBroker, connect_broker
from app.queue.jobs import DeliveryNotifier
from app.storage.database import Database, TransactionConflict, open_database
from config.settings import Settings
from workers.housekeeping import Housekeeping
from workers.replays import INTERVAL_SECONDS as REPLAYS_INTERVAL_SECONDS
from workers.replays import Replays
from workers.rounds import Rounds

log = logging.getLogger(__name__)

#: What a duty raises while a server is away; it is done again when its time comes.
_AWAY = (StorageUnavailable, TransactionConflict, redis.RedisError, ConnectionClosed)
#: Pause after a failure, so that an outage costs a line now and then and no more.
OUTAGE_PAUSE_SECONDS = 1.0


class Duty(NamedTuple):
    """Something to be done again and again."""

    name: str
    interval_seconds: float
    do: Callable[[], None]


class Clock:
    """Does each duty when its time has come, one at a time, until stopped."""

    def __init__(self, duties: Sequence[Duty], stopping: threading.Event) -> None:
        self._duties = duties
        self._stopping = stopping
        self._due = dict.fromkeys((duty.name for duty in duties), 0.0)
        self._failing: set[str] = set()

    def run(self) -> None:
        """Go round until stopped."""
        while not self._stopping.is_set():
            for duty in self._duties:
                if self._due[duty.name] <= time.monotonic():
                    self._do(duty)
                    self._due[duty.name] = time.monotonic() + duty.interval_seconds
            self._stopping.wait(max(0.0, min(self._due.values()) - time.monotonic()))

    def _do(self, duty: Duty) -> None:
        try:
            duty.do()
        except _AWAY as error:
            self._note_failure(duty, error)
        except Exception:
            log.exception("clock.failed", extra={"duty": duty.name})
            self._stopping.wait(OUTAGE_PAUSE_SECONDS)
        else:
            if duty.name in self._failing:
                self._failing.discard(duty.name)
                log.info("clock.resumed", extra={"duty": duty.name})

    def _note_failure(self, duty: Duty, error: Exception) -> None:
        if duty.name not in self._failing:
            self._failing.add(duty.name)
            log.warning("clock.waiting", extra={"duty": duty.name, "error": type(error).__name__})


def prompt_duties(settings: Settings, database: Database, broker: WakingBroker) -> list[Duty]:
    """What somebody waits for."""
    rounds = Rounds(database, broker)
    replays = Replays(database, DeliveryNotifier(broker.client))
    return [
        Duty("drain_fallback", 1.0, rounds.drain_fallback),
        Duty("notify_due", settings.clock_interval_seconds, rounds.notify_due),
        Duty("release_expired_leases", 1.0, rounds.release_expired_leases),
        Duty("tidy_queue", 3.0, rounds.tidy_queue),
        Duty("advance_replays", REPLAYS_INTERVAL_SECONDS, replays.advance),
        Duty("reset_notifications", 5.0, rounds.reset_notifications),
    ]


def slow_duties(settings: Settings, database: Database, broker: WakingBroker) -> list[Duty]:
    """What may take its time; in a thread of its own, lest it hold up the others."""
    rounds = Rounds(database, broker)
    house = Housekeeping(database, DeliveryNotifier(broker.client), settings)
    return [
        Duty("cancel_for_deleted_webhooks", 5.0, rounds.cancel_for_deleted_webhooks),
        Duty("fail_expired", 30.0, house.fail_expired),
        Duty("fail_held_too_long", 600.0, house.fail_held_too_long),
        Duty("fail_held_too_many", 600.0, house.fail_held_too_many),
        Duty("delete_old_rows", 600.0, house.delete_old_rows),
    ]


def run(settings: Settings) -> int:
    """Run the clock until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopping.set())
    database = open_database(settings.database_url)
    broker = connect_broker(settings.redis_url, threads=1)
    log.info("clock.started")
    slow = Clock(slow_duties(settings, database, broker), stopping)
    thread = threading.Thread(target=slow.run, name="slow-duties")
    thread.start()
    Clock(prompt_duties(settings, database, broker), stopping).run()
    thread.join()
    broker.close()
    log.info("clock.stopped")
    return 0
