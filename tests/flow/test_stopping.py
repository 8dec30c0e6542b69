"""A web process that is stopped and started again under load cuts off nobody."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from scripts.system.processes import command_of, descendants
from scripts.system.whole import WholeSystem
from tests.flow.systems import query, running_system
from tests.waiting import eventually

#: Each way of connecting has so many callers, who pause between two captures.
CALLERS = 8
PAUSE_SECONDS = 0.01
PATIENCE_SECONDS = 30.0


@pytest.fixture(
    scope="module",
    params=[pytest.param("1", marks=pytest.mark.all_only), "2"],
    ids=["one process", "two processes"],
)
def system(request: pytest.FixtureRequest) -> Iterator[WholeSystem]:
    """A system with so many web processes."""
    with running_system(WEB_CONCURRENCY=request.param) as whole:
        yield whole


class Callers:
    """Capture all the time, half of them over kept connections; what became of each request.

    A refused connection is no request: nobody was there to take it, and the caller tries again.
    """

    def __init__(self, port: int) -> None:
        self.outcomes: Counter[object] = Counter()
        self.were_refused = False
        self._port = port
        self._numbers = count()
        self._enough = threading.Event()
        self._threads = [
            threading.Thread(target=self._call, args=(keeps,)) for keeps in [True, False] * CALLERS
        ]

    def __enter__(self) -> Callers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def accepted_more(self, number: int) -> None:
        """Wait for so many more captures to be accepted."""
        before = self.outcomes[202]
        eventually(lambda: self.outcomes[202] >= before + number, PATIENCE_SECONDS)

    def _call(self, keeps: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        with closing(connection):
            while not self._enough.wait(PAUSE_SECONDS):
                self._capture(connection)
                if not keeps:
                    connection.close()

    def _capture(self, connection: http.client.HTTPConnection) -> None:
        try:
            if connection.sock is None:
                connection.connect()
        except ConnectionRefusedError:
            self.were_refused = True
            return
        try:
            lead = json.dumps({"email": f"stopping{next(self._numbers)}@example.com"})
            connection.request("POST", "/capture", lead, {"Content-Type": "application/json"})
            with connection.getresponse() as answer:
                answer.read()
            self.outcomes[answer.status] += 1
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self.outcomes[repr(error)] += 1


def stop_web(system: WholeSystem) -> None:
    """Ask the web processes to stop; their supervisor starts them again when they have ended."""
    child = system.processes.children["web"]
    process = child.process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    eventually(lambda: process.poll() is not None, PATIENCE_SECONDS)
    eventually(lambda: child.process is not process, PATIENCE_SECONDS)


def test_a_restart_under_load_answers_every_request_and_loses_no_lead(system: WholeSystem) -> None:
    before = recorded(system)
    with Callers(system.settings.port) as callers:
        callers.accepted_more(100)
        stop_web(system)
        callers.accepted_more(100)

    assert set(callers.outcomes) == {202}, callers.outcomes
    eventually(lambda: recorded(system) - before == callers.outcomes[202], PATIENCE_SECONDS)


def recorded(system: WholeSystem) -> int:
    return int(query(system, "SELECT count(*) FROM captures WHERE status = 'recorded'")[0][0])


def test_a_stopping_process_says_so_and_ends_each_connection_with_its_answer(
    system: WholeSystem,
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", system.settings.port)
    with closing(connection):
        assert readiness(connection) == (200, "ready", None)
        process = system.processes.children["web"].process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        while (told := readiness(connection))[0] == 200:
            pass  # until the signal has arrived
        assert told == (503, "stopping", "close")
        eventually(lambda: process.poll() is not None, PATIENCE_SECONDS)


def readiness(connection: http.client.HTTPConnection) -> tuple[int, str, str | None]:
    connection.request("GET", "/readyz")
    with connection.getresponse() as answer:
        return answer.status, json.load(answer)["status"], answer.headers["Connection"]


# Of one process the supervisor is the whole system's: tests/system sees to that.
@pytest.mark.all_only
@pytest.mark.parametrize("system", ["2"], ids=["two processes"], indirect=True)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "frozen"])
def test_a_dead_or_frozen_worker_is_replaced_by_one_that_stops_as_cleanly(
    system: WholeSystem, number: signal.Signals
) -> None:
    eventually(lambda: listeners(system.settings.port) == 2, PATIENCE_SECONDS)
    old = workers(system)
    os.kill(old[0], number)
    eventually(lambda: old[0] not in workers(system) and len(workers(system)) == 2)
    eventually(lambda: listeners(system.settings.port) == 2, PATIENCE_SECONDS)

    with Callers(system.settings.port) as callers:
        callers.accepted_more(100)
        stop_web(system)
        callers.accepted_more(100)
    assert set(callers.outcomes) == {202}, callers.outcomes


@pytest.mark.all_only
@pytest.mark.parametrize("system", ["1"], ids=["one process"], indirect=True)
def test_a_reload_replaces_all_workers_and_never_closes_the_port(system: WholeSystem) -> None:
    eventually(lambda: bool(workers(system)), PATIENCE_SECONDS)
    old, pid = set(workers(system)), system.processes.children["web"].pid
    assert pid is not None
    with Callers(system.settings.port) as callers:
        callers.accepted_more(100)
        callers.were_refused = False  # that was at the start
        os.kill(pid, signal.SIGHUP)
        eventually(lambda: not old & set(workers(system)), 2 * PATIENCE_SECONDS)
        callers.accepted_more(100)

    assert set(callers.outcomes) == {202}, callers.outcomes
    assert not callers.were_refused


def workers(system: WholeSystem) -> list[int]:
    """The processes that serve, below the one that was started."""
    pid = system.processes.children["web"].pid
    below = descendants(pid) if pid else []
    return [each for each in below if "spawn_main" in command_of(each)]


def listeners(port: int) -> int:
    """Sockets that listen on a port; each worker that serves has one."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)
