"""The command `rex`: what it offers, and that each of its names leads to the right place."""

from __future__ import annotations

import fcntl
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from scripts.checkout import CHECKOUT
from scripts.commands import backup
from scripts.rex import VERBS, main
from scripts.system.profile import PROCESSES


def rex(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.rex", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_help_names_every_command_and_the_version_is_told() -> None:
    listed = re.findall(r"^  ([a-z]+)  +\S", rex("--help").stdout, re.MULTILINE)

    assert listed[: len(VERBS)] == list(VERBS)
    assert rex("--version").stdout == f"rex-capture {version('rex-capture')}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_shows_its_help_and_refuses_what_it_does_not_know(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    shown = capsys.readouterr()
    assert (ended.value.code, shown.err) == (0, "")
    assert shown.out.startswith(f"usage: rex {verb}")

    with pytest.raises(SystemExit) as ended:
        main([verb, "--no-such-option"])
    assert (ended.value.code, capsys.readouterr().out) == (2, "")


def test_an_unknown_command_is_refused() -> None:
    done = rex("reboot")

    assert (done.returncode, done.stdout) == (2, "")
    assert "invalid choice: 'reboot'" in done.stderr


def test_the_procfile_names_every_role() -> None:
    lines = (CHECKOUT / "Procfile").read_text().splitlines()

    named = {name: "python -m scripts.rex " + name for name in PROCESSES}
    assert dict(line.split(": ") for line in lines) == {
        "release": "python -m scripts.rex migrate",
        **named,
    }


def test_it_loads_nothing_that_a_role_does_not_use() -> None:
    ours = "('app', 'workers', 'psutil', 'starlette', 'psycopg2')"
    program = f"import sys, scripts.rex; print([name for name in {ours} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True
    )

    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_one_backup_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    data = tmp_path / "data"
    (data / "valkey").mkdir(parents=True)
    monkeypatch.setenv("DATA_DIR", str(data))
    with (data / "backup.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert backup.main([str(tmp_path / "backup")]) == 1
    assert "another backup" in capsys.readouterr().err
    assert not (tmp_path / ".backup.partial").exists()
