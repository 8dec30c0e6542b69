"""A network that swallows everything, on an interface of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Says how long each of 12 callers waited for the answer, in two rounds, and its status.
PROGRAM = """
import subprocess, time
from concurrent.futures import ThreadPoolExecutor
from app.domain.org.api_key import Scope
from app.main import make_app
from app.storage.database import open_database
from app.storage.migrate import migrate
from config.settings import Settings
from scripts.system.embedded import Embedded
from tests.api.conftest import make_key
from tests.asgi import Client
from tests.factories import make_org

def ask(_):
    began = time.monotonic()
    status = client("GET", "/contacts").status
    print(f"{status} {time.monotonic() - began:.2f}\\n", end="", flush=True)

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
with Embedded(fsync=False) as servers, ThreadPoolExecutor(12) as callers:
    migrate(servers.database_url)
    database = open_database(servers.database_url)
    key = make_key(database, make_org(database), Scope.READ_WRITE)
    settings = Settings(servers.database_url, servers.redis_url, b"k" * 32)
    client = Client(make_app(settings), {"x-api-key": key})
    client.start()
    list(callers.map(ask, range(12)))
    subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
    for _ in range(2):
        list(callers.map(ask, range(12)))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    client.stop()
"""


@pytest.mark.all_only
@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"),
    reason="only root can have a network interface of its own (unshare, ip)",
)
def test_a_keyed_request_in_a_silent_network_is_refused_within_a_few_seconds() -> None:
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=90,
    )
    if "unshare failed" in done.stderr:
        pytest.skip(done.stderr.strip())
    answers = [line.split() for line in done.stdout.splitlines()]
    statuses = [status for status, _ in answers]

    assert statuses == ["200"] * 12 + ["503"] * 24, done.stderr[-2000:]
    assert max(float(seconds) for _, seconds in answers) < 10
