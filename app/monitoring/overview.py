"""The whole system at a glance, for `GET /health` and the console; None: no server answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import redis

from app.domain.errors import Unavailable
from app.domain.finding import Finding, Status
from app.domain.process import ProcessSeen
from app.monitoring.backlog import database_backlog, oldest_by_kind
from app.monitoring.doctor import is_wrong
from app.monitoring.processes import seen_processes
from app.monitoring.system import System
from app.queue.figures import Depth, depth_of
from app.queue.jobs import CAPTURES, DELIVERIES


def processes(system: System) -> list[ProcessSeen] | None:
    """Every process by its latest report."""
    try:
        return seen_processes(system.database, system.redis)
    except Unavailable:
        return None


def oldest_seconds(system: System) -> Mapping[str, float] | None:
    """How long the oldest of each kind has waited; 0: none waits."""
    try:
        return oldest_by_kind(database_backlog(system.database), system.redis)
    except Unavailable:
        return None


def depths(system: System) -> Mapping[str, Depth] | None:
    """How full each queue is."""
    try:
        return {queue: depth_of(system.redis, queue) for queue in (CAPTURES, DELIVERIES)}
    except redis.RedisError:
        return None


def verdict(findings: Sequence[Finding]) -> Literal["ok", "warning", "failed"]:
    """`failed`: something is to be repaired now; `warning`: to be looked at; `ok`."""
    if is_wrong(findings):
        return "failed"
    return "ok" if all(each.status is Status.OK for each in findings) else "warning"
