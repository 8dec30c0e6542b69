"""One caller who keeps the web process busy by what costs it most, and everybody else meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from statistics import median

import pytest

from tests.flow.raw_http import Connection, request
from tests.flow.systems import running_system
from tests.waiting import eventually

pytestmark = pytest.mark.all_only

ATTACK = Path(__file__).resolve().parent.parent / "clients/attack.py"
CONNECTIONS = 4
SLOWDOWN_MAX = 2.0
#: Some seconds in all: without limits, the attack would be at its worst for all of them.
ROUNDS, LEADS_A_ROUND = 2, 1_500
#: For the attackers to make their bodies and to be answered.
PATIENCE_SECONDS = 60.0


class Others:
    """Ordinary leads, one at a time, each from another address."""

    def __init__(self, port: int) -> None:
        self._connection, self._numbers = Connection(port), count()

    def close(self) -> None:
        self._connection.close()

    def post(self) -> float:
        """Seconds until one is captured."""
        number = next(self._numbers)
        headers = ("Host: localhost", f"X-Forwarded-For: 198.51.{number // 256}.{number % 256}")
        lead = b'{"email": "ann%d@example.com", "name": "Ann Lee"}' % number
        began_at = time.perf_counter()
        self._connection.send(request(headers=headers, body=lead))
        assert self._connection.read_answer().status == 202
        return time.perf_counter() - began_at

    def post_some(self) -> list[float]:
        return [self.post() for _ in range(LEADS_A_ROUND)]


@contextmanager
def attacking(port: int, folder: Path) -> Iterator[list[Path]]:
    """One attacker who is being answered: files of the statuses, one for each connection."""
    files = [folder / f"{number}" for number in range(CONNECTIONS)]
    with ExitStack() as running:
        for file in files:
            output = running.enter_context(file.open("a"))
            # Another machine's in life: it may not take the processor from the web process.
            command = ["nice", "-n", "19", sys.executable, str(ATTACK), str(port), "203.0.113.9"]
            process = subprocess.Popen(command, stdout=output)
            running.callback(process.wait)
            running.callback(process.kill)
        eventually(lambda: all(map(os.path.getsize, files)), PATIENCE_SECONDS)
        yield files


def statuses_in(files: list[Path]) -> Counter[str]:
    return Counter(status for file in files for status in file.read_text().split())


def test_one_attacker_with_the_worst_bodies_does_not_slow_down_others(tmp_path: Path) -> None:
    without, during = [], []
    statuses: Counter[str] = Counter()
    limits = {"CAPTURE_RATE_PER_ADDRESS": "600", "TRUSTED_PROXIES": "127.0.0.1"}
    with running_system(**limits) as system, closing(Others(system.settings.port)) as others:
        others.post_some()  # the first ones of a new process take longer
        for number in range(ROUNDS):
            without += others.post_some()
            folder = tmp_path / str(number)
            folder.mkdir()
            with attacking(system.settings.port, folder) as files:
                during += others.post_some()
                statuses += statuses_in(files)

    figures = f"{median(during) * 1000:.1f} ms, {median(without) * 1000:.1f} ms without, {statuses}"
    print(figures)
    assert median(during) <= SLOWDOWN_MAX * median(without), figures
    assert min(statuses["202"], statuses["422"]) >= 10, figures  # bodies that were read
