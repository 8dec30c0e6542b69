"""The scheduler's metrics about servers, backlogs and processes.

A thread looks them up every few seconds and keeps them, so a scrape asks no server. What could not
be looked up, or is too old, is left out: a missing figure must not look healthy.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.domain.errors import Unavailable
from app.domain.system.finding import Status
from app.domain.system.process import alive_by_role
from app.domain.system.waiting import CAPTURE, shown_webhooks
from app.monitoring.backlog import database_backlog, oldest_in_database
from app.monitoring.checks import redis_checks
from app.monitoring.processes import seen_processes
from app.monitoring.system import System
from app.queue.figures import depth_in
from app.queue.jobs import CAPTURES, DELIVERIES
from app.queue.oldest import oldest_in
from app.storage.database import check_writable, transaction
from app.storage.figures.server_facts import seconds_ahead

#: How often everything is looked up.
UPDATE_SECONDS = 5.0
#: A look that takes long is followed by a rest of so many times its length, but not for ever.
REST_FACTOR = 20
REST_SECONDS_MAX = 30.0
#: What was looked up earlier is not told any more.
FACTS_SECONDS_MAX = 60.0

#: One label's value, or two, and the figure.
Samples = Mapping[tuple[str, ...], float]


class Family(NamedTuple):
    """A gauge that the scheduler exports."""

    name: str
    help: str
    labels: tuple[str, ...]


OLDEST = Family(
    "rex_oldest_waiting_seconds", "Age of the oldest that waits, by kind; 0: none.", ("kind",)
)
QUEUE_JOBS = Family(
    "rex_queue_jobs",
    "Jobs on a queue: waiting, in_flight, retrying, dead_letters.",
    ("queue", "state"),
)
FALLBACK_ROWS = Family(
    "rex_fallback_rows", "Rows of the fallback table, estimated from its first and last id.", ()
)
CIRCUITS_OPEN = Family("rex_circuits_open", "Active webhooks that get single probes only.", ())
WEBHOOK_DUE = Family(
    "rex_webhook_oldest_due_seconds",
    "Age of the oldest delivery that is due and may leave, of the 20 worst webhooks, and other.",
    ("webhook",),
)
WEBHOOK_LIMIT = Family(
    "rex_webhook_concurrency_limit",
    "Attempts in flight at once that these webhooks were found to bear, and the least of other.",
    ("webhook",),
)
PROCESSES = Family(
    "rex_processes", "Living processes that reported themselves, by role.", ("role",)
)
CLOCK_SKEW = Family(
    "rex_clock_skew_seconds",
    "By how much the scheduler's clock is ahead of the server's.",
    ("server",),
)
SERVER_OK = Family(
    "rex_server_ok",
    "1 if the server passed the check: reachable, writable, durable, replicated; else 0.",
    ("server", "check"),
)


#: What a server that is away does not pass.
_CHECKS: tuple[tuple[str, ...], ...] = (
    ("redis", "reachable"),
    ("redis", "writable"),
    ("redis", "durable"),
    ("redis", "replicated"),
    ("postgresql", "reachable"),
    ("postgresql", "writable"),
)


class FactsCollector(Collector):
    """Keeps what `update` looked up, for scrapes."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._facts: dict[Family, Samples] = {}
        self._updated_at = self._rest_until = float("-inf")

    def update(self) -> None:
        """Look everything up, unless the last look cost so much that it is too soon.

        Raises `Unavailable` at last if a server is away.
        """
        began_at = time.monotonic()
        if began_at < self._rest_until:
            return
        facts, problem = gather(self._system)
        self._facts, self._updated_at = facts, time.monotonic()
        took = self._updated_at - began_at
        self._rest_until = self._updated_at + min(REST_SECONDS_MAX, REST_FACTOR * took)
        if problem:
            raise problem

    def collect(self) -> Iterator[Metric]:
        """The families, as a scrape wants them."""
        if time.monotonic() - self._updated_at > FACTS_SECONDS_MAX:
            return
        for family, samples in self._facts.items():
            metric = GaugeMetricFamily(family.name, family.help, labels=family.labels)
            for values, figure in samples.items():
                metric.add_metric(values, figure)
            yield metric


def gather(system: System) -> tuple[dict[Family, Samples], Unavailable | None]:
    """Every fact that can be had, and the last reason why others cannot."""
    facts: dict[Family, Samples] = {SERVER_OK: dict.fromkeys(_CHECKS, 0.0)}
    problem: Unavailable | None = None
    for look in (_redis, _postgresql, _processes, _backlog):
        try:
            for family, samples in look(system).items():
                facts[family] = {**facts.get(family, {}), **samples}
        except Unavailable as error:
            problem = error
    return facts, problem


def _redis(system: System) -> dict[Family, Samples]:
    servers = redis_checks.gather(system)
    volatile = (redis_checks.keeps_an_append_only_file, redis_checks.fsyncs_always)
    durable = all(
        check(facts).status is not Status.FAILED for check in volatile for facts in servers
    )
    replicated = all(
        redis_checks.has_the_required_replicas(facts).status is not Status.FAILED
        for facts in servers
    )
    depths: Samples = {
        (queue, state): float(count)
        for queue in (CAPTURES, DELIVERIES)
        for state, count in depth_in(system.streams, queue)._asdict().items()
    }
    return {
        SERVER_OK: {
            ("redis", "reachable"): 1.0,
            ("redis", "writable"): float(all(each.refuses_writes is None for each in servers)),
            ("redis", "durable"): float(durable),
            ("redis", "replicated"): float(replicated),
        },
        CLOCK_SKEW: {("redis",): max((each.seconds_ahead for each in servers), key=abs)},
        QUEUE_JOBS: depths,
        OLDEST: {(CAPTURE,): oldest_in(system.streams)},
    }


def _postgresql(system: System) -> dict[Family, Samples]:
    with transaction(system.database) as cursor:
        skew = seconds_ahead(cursor)
    return {
        SERVER_OK: {
            ("postgresql", "reachable"): 1.0,
            ("postgresql", "writable"): _writable(system),
        },
        CLOCK_SKEW: {("postgresql",): skew},
    }


def _writable(system: System) -> float:
    try:
        with transaction(system.database) as cursor:
            check_writable(cursor)
    except Unavailable:
        return 0.0
    return 1.0


def _processes(system: System) -> dict[Family, Samples]:
    alive = alive_by_role(seen_processes(system.database, system.redis))
    return {PROCESSES: {(role,): float(count) for role, count in alive.items()}}


def _backlog(system: System) -> dict[Family, Samples]:
    backlog = database_backlog(system.database)
    shown = shown_webhooks(backlog.due)
    limits = {key: due.concurrency_limit for key, due in shown.items()}
    return {
        OLDEST: {(kind,): age for kind, age in oldest_in_database(backlog).items()},
        FALLBACK_ROWS: {(): float(backlog.fallback_rows)},
        CIRCUITS_OPEN: {(): float(backlog.open_circuits)},
        WEBHOOK_DUE: {(key,): due.due_seconds for key, due in shown.items()},
        WEBHOOK_LIMIT: {(key,): float(limit) for key, limit in limits.items() if limit is not None},
    }
