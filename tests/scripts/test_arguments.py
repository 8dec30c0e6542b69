"""Every script shows its help, and starts nothing when it is asked for what it does not know."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts.checkout import CHECKOUT

VERBS = ("dev", "demo", "check", "bench", "chaos", "fuzz", "manage")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=CHECKOUT, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("verb", VERBS)
def test_help_is_shown_and_nothing_started(verb: str) -> None:
    done = run("-m", f"scripts.commands.{verb}", "--help")

    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: {'' if verb == 'manage' else 'scripts/'}{verb}")
    assert f"./scripts/{verb}" in done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_argument_is_refused(verb: str) -> None:
    done = run("-m", f"scripts.commands.{verb}", "--no-such-option")

    assert done.returncode == 2
    assert done.stdout == ""
    assert "error:" in done.stderr


def test_manage_loads_neither_the_web_application_nor_a_server() -> None:
    program = (
        "import sys, scripts.manage; print(*sorted(name for name in sys.modules if name in"
        " ('app.main', 'app.ingress', 'app.server', 'workers', 'granian', 'psutil', 'urllib3')))"
    )
    done = run("-c", program)

    assert (done.stdout.strip(), done.stderr) == ("", "")
