"""Every script shows its help, and starts nothing when it is asked for what it does not know."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from scripts.checkout import CHECKOUT

VERBS = ("dev", "demo", "check", "bench", "chaos", "fuzz", "manage")
PACKAGES = ("bench", "chaos", "fuzz", "manage")


def run(verb: str, argument: str) -> object:
    """The status with which a script ends."""
    module = f"scripts.commands.{verb}{'.__main__' if verb in PACKAGES else ''}"
    with pytest.raises(SystemExit) as ended:
        import_module(module).main([argument])
    return ended.value.code


@pytest.mark.parametrize("verb", VERBS)
def test_help_is_shown_and_nothing_started(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(verb, "--help") == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: {'' if verb == 'manage' else 'scripts/'}{verb}")
    assert f"./scripts/{verb}" in shown


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_argument_is_refused(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(verb, "--no-such-option") == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error:" in shown.err


def test_manage_loads_neither_the_web_application_nor_a_server() -> None:
    program = (
        "import sys, scripts.manage; print(*sorted(name for name in sys.modules if name in"
        " ('app.main', 'app.ingress', 'app.server', 'workers', 'granian', 'psutil', 'urllib3')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, timeout=60
    )

    assert (done.stdout.strip(), done.stderr) == ("", "")
