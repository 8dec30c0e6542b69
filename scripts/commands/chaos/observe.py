"""`./scripts/chaos --observe`: which metric, alert and doctor's line shows each fault, and when.

The alerts are those of a real Prometheus, with every `for:` shortened. A fresh one watches each
fault, so that nothing of the fault before it counts; what fires or fails before a fault is not
taken for its sign.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple

from app.domain.system.finding import Finding, Status
from app.monitoring.doctor import examine
from app.monitoring.system import make_system
from scripts.commands.chaos.full_disks import CannotMount
from scripts.commands.chaos.observed import Observed, leads
from scripts.commands.chaos.observed_faults import FAULTS, ObservedFault
from scripts.commands.chaos.prometheus import Prometheus
from scripts.commands.columns import aligned
from scripts.receiver import Receiver
from scripts.system.waiting import wait_until

#: So long a sign is waited for; the oldest capture must be a minute old first.
SIGN_SECONDS = 150.0
#: So long the system may take to be well before the next fault.
WELL_SECONDS = 90.0
#: Scrapes before a fault, so that rates have something to compare with.
BASELINE_SECONDS = 4.0

Say = Callable[[str], None]


class Signs(NamedTuple):
    """What showed a fault, and seconds after it began; None: nothing did."""

    fault: ObservedFault
    metric: str | None
    alert_seconds: float | None
    line: str | None
    line_seconds: float | None

    @property
    def is_complete(self) -> bool:
        """Whether all that should show it did."""
        return self.line is not None and (self.fault.alert is None or self.metric is not None)


def observe(say: Say, faults: Sequence[ObservedFault] = FAULTS) -> list[Signs]:
    """Break a system in each way and look. Takes a minute a fault."""
    with Observed() as observed, leads(observed.rex), Receiver() as receiver:
        observed.rex.request("POST", "/webhooks", {"url": receiver.url})
        return [signs for fault in faults if (signs := _observe(observed, fault, say))]


def table(found: Sequence[Signs]) -> str:
    """A row for each fault."""
    rows = [("fault", "metric", "alert", "after", "doctor", "after")]
    for fault, metric, alert_seconds, line, line_seconds in found:
        alert = (fault.alert or "(none)") if metric or not fault.alert else "MISSED"
        after = _seconds(alert_seconds)
        rows.append(
            (fault.name, metric or "-", alert, after, line or "MISSED", _seconds(line_seconds))
        )
    return "\n".join(aligned(rows))


def _observe(observed: Observed, fault: ObservedFault, say: Say) -> Signs | None:
    """The signs; None, with a line that says why, for a fault that cannot be made here."""
    try:
        with fault.prepare(observed):
            return _observe_prepared(observed, fault, say)
    except CannotMount as problem:
        say(f"{fault.name}: skipped, {problem}")
        return None


def _observe_prepared(observed: Observed, fault: ObservedFault, say: Say) -> Signs:
    wait_until(lambda: _is_well(observed), WELL_SECONDS, 0.5)
    with Prometheus(observed.ports) as prometheus:
        time.sleep(BASELINE_SECONDS)
        wait_until(lambda: fault.alert not in prometheus.firing(), WELL_SECONDS, 0.5)
        before = set(prometheus.firing()) | {each.check for each in _problems(observed)}
        with fault.begin(observed):
            signs = _look(observed, prometheus, fault, before)
    say(f"{fault.name}: {'seen' if signs.is_complete else 'NOT SEEN IN FULL'}")
    return signs


def _look(
    observed: Observed, prometheus: Prometheus, fault: ObservedFault, before: set[str]
) -> Signs:
    began_at = time.monotonic()
    signs = Signs(fault, None, None, None, None)
    while not signs.is_complete and time.monotonic() - began_at < SIGN_SECONDS:
        if signs.metric is None and fault.alert and fault.alert not in before:
            metric = prometheus.firing().get(fault.alert)
            if metric:
                signs = signs._replace(metric=metric, alert_seconds=time.monotonic() - began_at)
        if signs.line is None and fault.check not in before:
            bad = [each for each in _problems(observed) if each.check == fault.check]
            if bad:
                line = f"{bad[0].group}: {bad[0].check}: {bad[0].found}"[:90]
                signs = signs._replace(line=line, line_seconds=time.monotonic() - began_at)
        time.sleep(0.5)
    return signs


def _problems(observed: Observed) -> list[Finding]:
    """What the doctor complains of, besides what the machine is like."""
    with closing(make_system(observed.settings)) as system:
        findings = examine(system)
    bad = (Status.WARNING, Status.FAILED)
    return [each for each in findings if each.status in bad and each.group != "host"]


def _is_well(observed: Observed) -> bool:
    return all(each.check == "nobody died" for each in _problems(observed))


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.0f} s"
