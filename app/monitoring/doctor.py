"""The doctor: every check of the system, group by group, and what each found.

A group gathers its facts once; its checks are functions of them. If they cannot be gathered, the
group's first line says why, and its checks are unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from app.domain.errors import QueueUnavailable, Unavailable
from app.domain.system.finding import Finding, Outcome, Status, failed, ok, unknown
from app.monitoring.checks import (
    backlog_checks,
    caller_checks,
    cluster_checks,
    data_checks,
    database_checks,
    host_checks,
    network_checks,
    process_checks,
    redis_checks,
    sentinel_checks,
)
from app.monitoring.system import System

Check = Callable[[Any], Outcome]


class Group(NamedTuple):
    """Checks that look at the same facts."""

    name: str
    gather: Callable[[System], Any]
    checks: Sequence[Check]
    #: Whether its facts can be had over the network from a server that may be away.
    asks_server: bool = False


REDIS = Group(
    "redis",
    redis_checks.gather,
    (*redis_checks.CHECKS, *cluster_checks.CHECKS),
    asks_server=True,
)
SENTINELS = Group("sentinels", sentinel_checks.gather, sentinel_checks.CHECKS)
DATABASE = Group("postgresql", database_checks.gather, database_checks.CHECKS, asks_server=True)
DATA = Group("data", data_checks.gather, data_checks.CHECKS)
PROCESSES = Group("processes", process_checks.gather, process_checks.CHECKS)
BACKLOG = Group("backlog", backlog_checks.gather, backlog_checks.CHECKS)
HOST = Group("host", host_checks.gather, host_checks.CHECKS)
NETWORK = Group("network", network_checks.gather, network_checks.CHECKS)
CALLERS = Group("callers", caller_checks.gather, caller_checks.CHECKS)

#: Everything, in the order in which it is shown.
GROUPS = (REDIS, SENTINELS, DATABASE, DATA, PROCESSES, BACKLOG, HOST, NETWORK, CALLERS)
#: What takes no more than a moment and says nothing of other hosts.
QUICK = (REDIS, SENTINELS, DATABASE, DATA, PROCESSES, BACKLOG, HOST)

_ANSWERS = "answers"
#: How the line of a check begins whose facts could not be gathered.
NOT_LOOKED_AT = "not looked at"


def examine(system: System, groups: Iterable[Group] = GROUPS) -> list[Finding]:
    """What every check of these groups found. Takes seconds; raises nothing."""
    return [finding for group in groups for finding in _examine(system, group)]


def is_wrong(findings: Iterable[Finding]) -> bool:
    """Whether anything has failed, or could not be looked at. Warnings can wait."""
    return any(each.status in (Status.FAILED, Status.UNKNOWN) for each in findings)


def _examine(system: System, group: Group) -> list[Finding]:
    try:
        facts = group.gather(system)
    except Exception as error:
        return _unexamined(group, error)
    first = [_answers(group, ok("yes"))] if group.asks_server else []
    return [*first, *(_run(group, check, facts) for check in group.checks)]


def _run(group: Group, check: Check, facts: object) -> Finding:
    try:
        outcome = check(facts)
    except Exception as error:  # a fault of ours hides no other line
        outcome = unknown(f"{type(error).__name__}: {error}", "this is a fault of the doctor")
    return _finding(group, check.__name__, outcome, check.__doc__ or "")


def _unexamined(group: Group, error: Exception) -> list[Finding]:
    outcome = unknown(f"{NOT_LOOKED_AT}: {_reason(error)}")
    rest = [_finding(group, each.__name__, outcome, each.__doc__ or "") for each in group.checks]
    if not group.asks_server:
        return rest
    setting = "REDIS_URL" if group is REDIS else "DATABASE_URL"
    advice = f"start it, or see that {setting} and the network are right"
    return [_answers(group, failed(f"no: {_cause(error)}", advice)), *rest]


def _reason(error: Exception) -> str:
    if isinstance(error, Unavailable):
        return f"{'Redis' if isinstance(error, QueueUnavailable) else 'PostgreSQL'} is away"
    return _cause(error)


def _cause(error: Exception) -> str:
    return " ".join(str(error.__cause__ or error).split())[:200]


def _answers(group: Group, outcome: Outcome) -> Finding:
    return _finding(group, _ANSWERS, outcome, "The server can be reached.")


def _finding(group: Group, name: str, outcome: Outcome, meaning: str) -> Finding:
    summary = meaning.partition("\n")[0]
    return Finding(
        group.name, name.replace("_", " "), outcome.status, outcome.found, outcome.advice, summary
    )
