"""A fault is shown by a metric, an alert of a real Prometheus and a line of the doctor."""

from __future__ import annotations

import shutil

import pytest

from scripts.commands.chaos.observe import Signs, observe, table
from scripts.commands.chaos.observed_faults import FAULTS
from tests.deploy.test_alerts import ALERTS


def named(name: str) -> int:
    (index,) = (at for at, fault in enumerate(FAULTS) if fault.name == name)
    return index


def test_faults_name_alerts_that_exist() -> None:
    assert len(FAULTS) >= 15
    assert {fault.alert for fault in FAULTS} - {None} <= set(ALERTS)


def test_the_table_says_what_was_missed() -> None:
    fault = FAULTS[named("captures killed")]
    seen = Signs(fault, 'rex_processes{role="captures"} 0', 20.4, "processes: ...", 15.0)
    assert seen.is_complete
    assert "MISSED" not in table([seen])
    for missing in (seen._replace(metric=None), seen._replace(line=None)):
        assert not missing.is_complete
        assert "MISSED" in table([missing])


@pytest.mark.all_only
@pytest.mark.parametrize(
    "name", ["Redis without AOF", "the disk of Redis full", "the disk of PostgreSQL full"]
)
def test_a_queue_that_may_forget_and_a_full_disk_are_noticed_by_everybody(name: str) -> None:
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (Debian: apt install prometheus)")
    said: list[str] = []
    found = observe(said.append, [FAULTS[named(name)]])
    if "skipped" in said[0]:
        pytest.skip(said[0])
    (signs,) = found
    assert signs.is_complete, signs
