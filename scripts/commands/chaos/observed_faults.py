"""Every fault that is observed, with the alert and the doctor's check that should show it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import NamedTuple

from scripts.commands.chaos import other_faults as others
from scripts.commands.chaos import server_faults as servers
from scripts.commands.chaos.full_disks import POSTGRESQL, REDIS, filled, on_small_disk
from scripts.commands.chaos.observed import Begin
from scripts.commands.chaos.server_faults import configured, killed


class ObservedFault(NamedTuple):
    """A fault and what should show it. `alert` None: only the doctor looks there.

    `prepare` makes what the fault needs, in a system that is well.
    """

    name: str
    begin: Begin
    alert: str | None
    check: str
    prepare: Begin = lambda observed: nullcontext()


DEAD, MISSING, NOBODY = "RexProcessDown", "RexRoleMissing", "RexNobodyLooks"
AWAY, READ_ONLY, VOLATILE = "RexServerAway", "RexServerReadOnly", "RexQueueVolatile"

_WORKERS = killed("captures", "deliveries", "scheduler")
_NO_AOF = configured("appendonly", "no", "yes")
_LATE_FSYNC = configured("appendfsync", "everysec", "always")
_SMALL_REDIS, _SMALL_POSTGRESQL = on_small_disk(REDIS), on_small_disk(POSTGRESQL)

FAULTS = tuple(
    ObservedFault(*fault)
    for fault in (
        ("all workers killed", _WORKERS, DEAD, "captures is alive"),
        ("captures killed", killed("captures"), MISSING, "captures is alive"),
        ("deliveries killed", killed("deliveries"), MISSING, "deliveries is alive"),
        ("scheduler killed", killed("scheduler"), NOBODY, "scheduler is alive"),
        ("web frozen", servers.frozen_web, MISSING, "web is alive"),
        ("Redis away", servers.redis_away, AWAY, "answers"),
        ("PostgreSQL away", servers.postgresql_away, AWAY, "answers"),
        ("Redis without AOF", _NO_AOF, VOLATILE, "keeps an append only file"),
        ("Redis fsyncs every second", _LATE_FSYNC, VOLATILE, "fsyncs always"),
        ("Redis full", configured("maxmemory", "1mb", "0"), "RexFallbackInUse", "takes writes"),
        ("the disk of Redis full", filled(REDIS), AWAY, "answers", _SMALL_REDIS),
        (
            *("the disk of PostgreSQL full", filled(POSTGRESQL), READ_ONLY, "takes writes"),
            _SMALL_POSTGRESQL,
        ),
        ("PostgreSQL read-only", servers.read_only, READ_ONLY, "takes writes"),
        ("wrong SECRET_KEY", others.wrong_key, DEAD, "secret key fits"),
        ("clock an hour off", others.clock_off, "RexClockSkewed", "has the right time"),
        ("a receiver hangs", others.hanging_receiver, "RexCircuitsOpen", "circuits are closed"),
        ("captures stuck", others.stuck_queue, "RexCapturesNotRecorded", "captures are recorded"),
        ("a job nobody can read", others.dead_letter, "RexDeadLetters", "no dead letters"),
        ("a migration missing", others.missing_migration, None, "migrations are done"),
    )
)
