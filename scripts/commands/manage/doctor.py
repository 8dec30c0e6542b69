"""`manage doctor`: is everything well, and if not, what to do."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from contextlib import closing

import msgspec

from app.domain.system.finding import Finding, Status
from app.monitoring.doctor import NOT_LOOKED_AT, examine, is_wrong
from app.monitoring.system import make_system
from scripts.checkout import data_folder
from scripts.commands.manage.command_line import Command, option
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.output import Listing

_COLUMNS = ("status", "group", "check", "found")
#: A line is shown whole, however wide the terminal is.
_LINE_CHARS_MAX = 400


def doctor(operator: Operator, arguments: Namespace) -> object:
    """Check servers, processes, backlog, machine and network; a line each, with what to do.

    Exit status 1 when something is wrong; a warning alone is not. Run it on the machine of the
    processes: disk, memory, network and clock are that machine's.
    """
    data = data_folder(os.environ)
    with closing(make_system(operator.settings, data)) as system:
        findings = examine(system)
    shown = [each for each in findings if not arguments.problems or each.status is not Status.OK]
    items = _as_values(shown) if arguments.json else _as_lines(shown)
    status = 1 if is_wrong(findings) else 0
    return Listing(items, _COLUMNS, _summary(findings), status, _LINE_CHARS_MAX)


def _as_values(findings: Sequence[Finding]) -> list[dict[str, object]]:
    return [msgspec.to_builtins(each) for each in findings]


def _as_lines(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """For people: what to do after what was found, and no line for what could not be looked at.

    The line above says that its server is away.
    """
    lines: list[dict[str, object]] = []
    for each in findings:
        if not each.found.startswith(NOT_LOOKED_AT):
            found = f"{each.found} → {each.advice}" if each.advice else each.found
            line = {"status": each.status.value, "group": each.group, "check": each.check}
            lines.append({**line, "found": found})
    return lines


def _summary(findings: Sequence[Finding]) -> str:
    counts = {status: sum(each.status is status for each in findings) for status in Status}
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return f"{len(findings)} checks: {told}"


COMMANDS = (
    Command(
        "doctor",
        doctor,
        option("--problems", action="store_true", help="show only what is not ok"),
    ),
)
