"""The commands that the operator's pages name exist and take what the pages give them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from scripts.rex import VERBS, main

DOCS = Path(__file__).resolve().parents[2] / "docs"
_COMMAND = re.compile(r"(?:`|^    (?:[A-Z_]+=\S+ )*)rex ([a-z][^`\n]*)", re.MULTILINE)


def documented() -> set[str]:
    return {
        command.strip()
        for name in ("operating.md", "three-in-the-morning.md", "migrations.md")
        for command in _COMMAND.findall((DOCS / name).read_text())
    }


@pytest.mark.parametrize("command", sorted(documented()))
def test_a_documented_command_is_understood(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Arguments are checked before the help is shown.
    with pytest.raises(SystemExit) as ended:
        main([*shlex.split(command), "--help"])

    assert ended.value.code == 0, capsys.readouterr().err
    assert command.split()[0] in VERBS


def test_there_are_such_commands() -> None:
    assert {"doctor", "migrate --check", "all", "manage stats"} <= documented()
