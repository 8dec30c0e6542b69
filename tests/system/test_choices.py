from __future__ import annotations

import pytest

from scripts.commands.test import parallel


@pytest.mark.parametrize(
    ("arguments", "added"),
    [
        ([], ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]),
        (["-q", "--durations=5"], ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]),
        (["tests/domain"], []),
        (["-n0"], []),
        (["--numprocesses=4"], []),
        (["--pdb"], []),
        (["-q", "-s"], []),
    ],
)
def test_the_whole_suite_runs_in_three_processes_and_a_selection_in_one(
    arguments: list[str], added: list[str]
) -> None:
    assert parallel(arguments) == added
