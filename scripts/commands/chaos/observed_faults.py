"""Every fault that is observed, with the alert and the doctor's check that should show it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from scripts.commands.chaos import full_disks as disks
from scripts.commands.chaos import other_faults as others
from scripts.commands.chaos import server_faults as servers
from scripts.commands.chaos.observed import Observed

Begin = Callable[[Observed], AbstractContextManager[None]]


class ObservedFault(NamedTuple):
    """A fault and what should show it. `alert` None: only the doctor looks there.

    `prepare` makes what the fault needs, in a system that is well.
    """

    name: str
    begin: Begin
    alert: str | None
    check: str
    prepare: Begin = lambda observed: nullcontext()


DEAD = "RexProcessDown"
FAULTS = (
    ObservedFault(
        "all workers killed",
        servers.killed("captures", "deliveries", "scheduler"),
        DEAD,
        "captures is alive",
    ),
    ObservedFault(
        "captures killed", servers.killed("captures"), "RexRoleMissing", "captures is alive"
    ),
    ObservedFault(
        "deliveries killed", servers.killed("deliveries"), "RexRoleMissing", "deliveries is alive"
    ),
    ObservedFault(
        "scheduler killed", servers.killed("scheduler"), "RexNobodyLooks", "scheduler is alive"
    ),
    ObservedFault("web frozen", servers.frozen_web, "RexRoleMissing", "web is alive"),
    ObservedFault("Redis away", servers.redis_away, "RexServerAway", "answers"),
    ObservedFault("PostgreSQL away", servers.postgresql_away, "RexServerAway", "answers"),
    ObservedFault(
        "Redis without AOF",
        servers.configured("appendonly", "no", "yes"),
        "RexQueueVolatile",
        "keeps an append only file",
    ),
    ObservedFault(
        "Redis fsyncs every second",
        servers.configured("appendfsync", "everysec", "always"),
        "RexQueueVolatile",
        "fsyncs always",
    ),
    ObservedFault(
        "Redis full",
        servers.configured("maxmemory", "1mb", "0"),
        "RexFallbackInUse",
        "takes writes",
    ),
    ObservedFault(
        "the disk of Redis full",
        disks.filled(disks.REDIS),
        "RexServerAway",
        "answers",
        disks.on_small_disk(disks.REDIS),
    ),
    ObservedFault(
        "the disk of PostgreSQL full",
        disks.filled(disks.POSTGRESQL),
        "RexServerReadOnly",
        "takes writes",
        disks.on_small_disk(disks.POSTGRESQL),
    ),
    ObservedFault("PostgreSQL read-only", servers.read_only, "RexServerReadOnly", "takes writes"),
    ObservedFault("wrong SECRET_KEY", others.wrong_key, DEAD, "secret key fits"),
    ObservedFault("clock an hour off", others.clock_off, "RexClockSkewed", "has the right time"),
    ObservedFault(
        "a receiver hangs", others.hanging_receiver, "RexCircuitsOpen", "circuits are closed"
    ),
    ObservedFault(
        "captures stuck", others.stuck_queue, "RexCapturesNotRecorded", "captures are recorded"
    ),
    ObservedFault("a job nobody can read", others.dead_letter, "RexDeadLetters", "no dead letters"),
    ObservedFault("a migration missing", others.missing_migration, None, "migrations are done"),
)
