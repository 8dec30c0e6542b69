"""The load: a separate process that sends leads and times the answers.

`python -m scripts.commands.bench.load SPEC` takes a `Spec` as JSON and prints a `Report` as JSON.

Without a rate it is a closed loop: each connection sends its next request when it has its answer.
With one it is an open loop: requests are due on schedule whatever the answers do, wait for a free
connection when there is none, and their time counts from when they were due.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sys
import time
from collections import Counter, deque
from pathlib import Path

import msgspec
import uvloop

from scripts.commands.bench.connection import Connection
from scripts.commands.bench.figures import percentile
from scripts.commands.bench.lead import DOMAIN, ORG, Leads

#: How often the open loop looks at its schedule.
_TICK_SECONDS = 0.001
#: How long answers are waited for after the last request.
_PATIENCE_SECONDS = 10.0
#: Where the capture id stands in the body of a 202, from its end: ..."cap_<26 characters>"}}
_ID = slice(-33, -3)


class Spec(msgspec.Struct, frozen=True):
    """What to send, and where to. 0 means no limit."""

    port: int
    path: str = "/capture"
    #: Open from the start in a closed loop; in an open one opened as they are needed.
    connections: int = 64
    seconds: float = 5.0
    #: Requests due before that are sent and not counted.
    warm_up_seconds: float = 0.5
    #: Requests a second, sent on schedule; 0: a closed loop.
    rate: float = 0.0
    requests: int = 0
    #: Host headers, taken in turn.
    hosts: tuple[str, ...] = (f"{ORG}.{DOMAIN}",)
    #: A file for the capture id of every 202; "": none.
    ids_file: str = ""
    #: Whether leads tell where they come from.
    told: bool = True


class Report(msgspec.Struct, frozen=True):
    """What came of it. Times are milliseconds, 0 where there are none; those of 2xx answers unless
    they say otherwise.
    """

    seconds: float
    #: Answers by status, warm-up included.
    statuses: dict[str, int]
    #: 2xx answers a second, after the warm-up.
    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    #: From sending a request to its refusal (429, 503).
    refused_p99_ms: float
    refused_max_ms: float
    #: Requests whose connection broke before the answer, and that were never sent or answered.
    broken: int
    unanswered: int
    #: Processor time that the load took, as a share of one core.
    cpu_share: float

    @property
    def accepted(self) -> int:
        """2xx answers, warm-up included."""
        return sum(count for status, count in self.statuses.items() if status.startswith("2"))


class Load:
    """Sends requests until the time or their number is up."""

    def __init__(self, spec: Spec, loop: asyncio.AbstractEventLoop) -> None:
        self._spec = spec
        self._loop = loop
        self._leads = [Leads(spec.path, host, spec.told) for host in spec.hosts]
        self._began_at = self._ends_at = 0.0
        self._sent = 0
        self._answered = 0
        self._broken = 0
        self._open = 0
        self._connections: set[Connection] = set()
        self._free: list[Connection] = []
        self._overdue: deque[float] = deque()
        self._statuses: Counter[int] = Counter()
        self._times: list[float] = []
        self._refusal_times: list[float] = []
        self._ids: list[bytes] = []

    async def run(self) -> Report:
        """Send, wait for the last answers, report."""
        first = 1 if self._spec.rate else self._spec.connections
        await asyncio.gather(*(self._connect() for _ in range(first)))
        self._began_at = time.monotonic()
        self._ends_at = self._began_at + self._spec.seconds
        cpu_before = time.process_time()
        if self._spec.rate:
            await self._keep_schedule()
        else:
            for connection in [*self._free]:
                self._send_next(connection)
        await self._finish()
        cpu_share = (time.process_time() - cpu_before) / (time.monotonic() - self._began_at)
        if self._spec.ids_file:
            Path(self._spec.ids_file).write_bytes(b"\n".join(self._ids))
        report = self._report(cpu_share)
        await self._hang_up()
        return report

    async def _connect(self) -> None:
        self._open += 1
        try:
            _, connection = await self._loop.create_connection(
                lambda: Connection(self._on_answer, self._on_lost), "127.0.0.1", self._spec.port
            )
        except OSError:
            self._open -= 1
            return
        self._connections.add(connection)
        self._set_free(connection)

    def _set_free(self, connection: Connection) -> None:
        if self._overdue:
            self._send(connection, self._overdue.popleft())
        elif self._spec.rate or not self._began_at:
            self._free.append(connection)
        else:
            self._send_next(connection)

    def _send_next(self, connection: Connection) -> None:
        """The closed loop's step."""
        now = time.monotonic()
        enough = self._spec.requests and self._sent >= self._spec.requests
        if now < self._ends_at and not enough:
            self._send(connection, now)

    async def _keep_schedule(self) -> None:
        """The open loop."""
        due = 0
        most = self._spec.requests or sys.maxsize
        while (now := time.monotonic()) < self._ends_at and due < most:
            until = min(most, int((now - self._began_at) * self._spec.rate))
            for number in range(due, until):
                self._send_due(self._began_at + number / self._spec.rate)
            due = until
            await asyncio.sleep(_TICK_SECONDS)

    def _send_due(self, due_at: float) -> None:
        if self._free:
            self._send(self._free.pop(), due_at)
            return
        self._overdue.append(due_at)
        if self._open < self._spec.connections:
            self._loop.create_task(self._connect())

    def _send(self, connection: Connection, due_at: float) -> None:
        if not connection.is_open:
            return  # _on_lost is about to be called
        number = self._sent
        self._sent += 1
        lead = self._leads[number % len(self._leads)]
        connection.send(lead.request(number), due_at, time.monotonic())

    def _on_answer(self, connection: Connection, status: int, data: bytes) -> None:
        now = time.monotonic()
        self._answered += 1
        self._statuses[status] += 1
        if self._began_at + self._spec.warm_up_seconds <= connection.due_at:
            if 200 <= status < 300:
                self._times.append(now - connection.due_at)
            else:
                self._refusal_times.append(now - connection.sent_at)
        if status == 202 and self._spec.ids_file:
            self._ids.append(data[_ID])
        self._set_free(connection)

    def _on_lost(self, connection: Connection) -> None:
        self._open -= 1
        self._connections.discard(connection)
        if connection.is_busy:
            self._broken += 1
        with contextlib.suppress(ValueError):
            self._free.remove(connection)
        if time.monotonic() < self._ends_at and (self._overdue or not self._spec.rate):
            self._loop.create_task(self._connect())

    async def _finish(self) -> None:
        """Wait for the end of the schedule and then for the last answers."""
        most = self._spec.requests or sys.maxsize
        while self._answered + self._broken < most and time.monotonic() < self._ends_at:
            await asyncio.sleep(0.01)
        self._overdue.clear()
        ends_at = time.monotonic() + _PATIENCE_SECONDS
        while self._answered + self._broken < self._sent and time.monotonic() < ends_at:
            await asyncio.sleep(0.01)

    async def _hang_up(self) -> None:
        while self._open:
            for connection in self._connections:
                connection.close()
            await asyncio.sleep(0)

    def _report(self, cpu_share: float) -> Report:
        seconds = min(time.monotonic(), self._ends_at) - self._began_at
        counted = max(seconds - self._spec.warm_up_seconds, 1e-9)
        ms = sorted(1000 * each for each in self._times) or [0.0]
        refused = sorted(1000 * each for each in self._refusal_times) or [0.0]
        return Report(
            seconds=seconds,
            statuses={str(status): count for status, count in self._statuses.items()},
            rate=len(self._times) / counted,
            p50_ms=percentile(ms, 0.50),
            p95_ms=percentile(ms, 0.95),
            p99_ms=percentile(ms, 0.99),
            refused_p99_ms=percentile(refused, 0.99),
            refused_max_ms=percentile(refused, 1.0),
            broken=self._broken,
            unanswered=self._sent - self._answered - self._broken,
            cpu_share=cpu_share,
        )


async def run_load(spec: Spec) -> Report:
    """Run a load in this process."""
    return await Load(spec, asyncio.get_running_loop()).run()


def main() -> None:
    """Run the load that the argument asks for."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    spec = msgspec.json.decode(sys.argv[1], type=Spec)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(run_load(spec))
    sys.stdout.write(msgspec.json.encode(report).decode())


if __name__ == "__main__":
    main()
