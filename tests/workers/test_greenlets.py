"""The sender as a delivery process runs it: under gevent, where nothing may block the others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_HEAD = """
from gevent import monkey
monkey.patch_all()
"""
#: As many look-ups hang as one org may have; another one's is answered meanwhile.
_DEAD_DNS = """
import os, time, gevent
from gevent.threadpool import ThreadPool
from workers.deliver import LOOK_UPS_MAX
from workers.sending.resolver import Resolver, UNPROVEN_LOOK_UPS_PER_ORG_MAX

pool = gevent.get_hub().threadpool
pool.maxsize = LOOK_UPS_MAX
dead, release = os.pipe()

def look_up(host, port):
    if host.startswith("dead"):
        return pool.apply(os.read, (dead, 1)) and [("192.0.2.1", port)]
    return pool.apply(lambda: [("192.0.2.2", port)])

resolver = Resolver(look_up)
ends_at = time.monotonic() + 60
stuck = [
    gevent.spawn(resolver.addresses, f"dead{n}", 80, ends_at, "org of the dead")
    for n in range(UNPROVEN_LOOK_UPS_PER_ORG_MAX)
]
gevent.sleep(0.1)
assert resolver.addresses("alive", 80, ends_at, "another org") == [("192.0.2.2", 80)]
assert not any(each.ready() for each in stuck)
os.write(release, b"." * len(stuck))
gevent.joinall(stuck, raise_error=True)
"""
_PYTEST = """
import sys, pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _HEAD + code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_an_org_with_dead_name_servers_does_not_keep_others_from_looking_up() -> None:
    done = run(_DEAD_DNS)
    assert done.returncode == 0, done.stderr


@pytest.mark.all_only
@pytest.mark.parametrize(
    "name", ["test_sender_deadline.py", "test_happy_eyeballs.py", "test_sender_tls.py"]
)
def test_deadlines_and_tls_hold_under_gevent(name: str) -> None:
    done = run(_PYTEST, "-q", "-x", "-p", "no:xdist", f"tests/workers/{name}")
    assert done.returncode == 0, done.stdout + done.stderr
