"""The Procfile, as a process manager runs it."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.system.embedded import Embedded
from scripts.system.ports import free_port
from scripts.system.readiness import fault
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(shutil.which("honcho") is None, reason="honcho is missing (pip install honcho)")
def test_honcho_runs_the_release_and_then_the_processes_as_documented(
    own_embedded: Embedded, tmp_path: Path
) -> None:
    port = free_port()
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": own_embedded.database_url,
        "REDIS_URL": own_embedded.redis_url,
        "SECRET_KEY": base64.b64encode(b"k" * 32).decode(),
        "PORT": str(port),
    }
    release, start = documented_commands()
    subprocess.run(
        release, cwd=ROOT, env=environ, check=True, timeout=60, stdout=subprocess.DEVNULL
    )
    with (tmp_path / "log").open("w") as log:
        honcho = subprocess.Popen(start, cwd=ROOT, env=environ, stdout=log, stderr=log)
    try:
        eventually(lambda: fault(f"http://127.0.0.1:{port}") is None)
        with pytest.raises(subprocess.TimeoutExpired):
            honcho.wait(3)  # it stops everything when one process ends
    finally:
        honcho.send_signal(signal.SIGTERM)
        honcho.wait(30)
    told = (tmp_path / "log").read_text()
    for role in ("web", "captures", "deliveries", "scheduler"):
        assert f"{role}.1 " in told


def documented_commands() -> list[list[str]]:
    """The commands that docs/operating.md gives for honcho."""
    lines = (ROOT / "docs" / "operating.md").read_text().splitlines()
    return [line.split() for line in lines if line.startswith("    honcho ")]
