from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.system import pidfile
from scripts.system.processes import ProcessTable, ProcTable, PsTable
from tests.system.programs import PARENT, SLEEPER, bystander, child
from tests.system.waiting import eventually

TABLES = [
    pytest.param(
        ProcTable(), marks=pytest.mark.skipif(sys.platform != "linux", reason="has no /proc")
    ),
    pytest.param(
        PsTable(), marks=pytest.mark.skipif(shutil.which("ps") is None, reason="has no ps")
    ),
]
pytestmark = pytest.mark.parametrize("table", TABLES, ids=lambda table: type(table).__name__)


def test_a_birthmark_stays_the_same_and_ends_with_the_process(table: ProcessTable) -> None:
    with bystander() as process:
        birthmark = table.birthmark(process.pid)
        assert birthmark
        assert table.birthmark(process.pid) == birthmark
        process.kill()
        eventually(lambda: table.birthmark(process.pid) is None)  # dead, though not yet waited for
    assert table.birthmark(process.pid) is None


def test_a_group_lists_its_members_and_knows_their_mark(
    table: ProcessTable, tmp_path: Path
) -> None:
    lines: list[str] = []
    parent = child(tmp_path, PARENT, lines)
    parent.start()
    try:
        descendant = int(eventually(lambda: "".join(lines[:1])))
        assert parent.pid is not None
        assert sorted(table.group_members(parent.pid)) == sorted([parent.pid, descendant])
        assert table.has_variable(descendant, pidfile.MARK, str(tmp_path))
        assert not table.has_variable(descendant, pidfile.MARK, str(tmp_path / "other"))
    finally:
        parent.kill()


def test_a_process_without_the_mark_is_not_taken_for_ours(
    table: ProcessTable, tmp_path: Path
) -> None:
    process = subprocess.Popen([sys.executable, "-c", SLEEPER], env={})
    try:
        assert not table.has_variable(process.pid, pidfile.MARK, str(tmp_path))
    finally:
        process.kill()
        process.wait()
