"""Another server becomes the primary: captures, jobs and pushes go on there within seconds."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.domain.errors import QueueUnavailable
from app.queue.admission import AdmissionRequest
from app.queue.admission_client import AdmissionClient
from app.queue.broker import StreamsBroker
from app.queue.client_options import redis_server
from app.queue.connection import connect
from app.queue.jobs import DELIVERIES, KEYS, RECORD_CAPTURES
from app.queue.policy import Policy
from app.queue.push_channel import PushListener, PushSender
from app.queue.sentinel_facts import sentinel_facts
from scripts.system.ports import LOOPBACK
from scripts.system.valkey import find_server
from tests.queue.working import declare, working
from tests.sentinel_servers import SentinelServers, sentinel_servers
from tests.waiting import eventually

#: From the promotion of another server to the first success with it; about a second.
MOVED_SECONDS = 20.0
NAME = "alive"


@pytest.fixture
def servers(program: str, tmp_path: Path) -> Iterator[SentinelServers]:
    path = find_server() if program == "valkey" else shutil.which(program)
    if path is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    with sentinel_servers(tmp_path, program=Path(path), replicas=2) as servers:
        yield servers


class Traffic:
    """Everything that uses the queue, in one process; remembers when each thing last worked."""

    def __init__(self, url: str) -> None:
        self.accepted: dict[int, float] = {}
        self.recorded: dict[int, float] = {}
        self.pushed: list[float] = []
        self._url = url
        self._stopping = threading.Event()
        self._broker = StreamsBroker(url, threads=4, policy=Policy(beat_seconds=0.2))
        declare(self._broker, self._record, RECORD_CAPTURES)
        listening = connect(url, connections=1, retries=0)
        self._listener = PushListener(
            listening, self._broker.client, NAME, lambda _: self.pushed.append(time.monotonic())
        )
        self._stack = ExitStack()

    def __enter__(self) -> Traffic:
        self._stack.enter_context(working(self._broker))
        for run in (self._capture_all, self._push_all, self._listener.run):
            thread = threading.Thread(target=run)
            thread.start()
            self._stack.callback(thread.join, 20)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._listener.stop()
        self._stack.close()
        self._broker.close()

    def flows_since(self, moment: float) -> bool:
        """Whether each thing has worked after a moment."""
        ways = list(self.accepted.values()), list(self.recorded.values()), self.pushed
        return all(way and way[-1] > moment for way in ways)

    def _record(self, numbers: list[int]) -> None:
        self.recorded |= dict.fromkeys(numbers, time.monotonic())

    def _capture_all(self) -> None:
        asyncio.run(self._capture())

    async def _capture(self) -> None:
        admission = AdmissionClient(self._url, 10_000)
        for number in itertools.takewhile(lambda _: not self._stopping.is_set(), itertools.count()):
            request = AdmissionRequest(b"%d" % number, b"", f"same:{number}", 1000)
            try:
                await admission.admit([request])
                self.accepted[number] = time.monotonic()
            except QueueUnavailable:
                pass
            await asyncio.sleep(0.02)
        await admission.close()

    def _push_all(self) -> None:
        client = connect(self._url, connections=1)
        sender = PushSender(client)
        while not self._stopping.wait(0.05):
            try:
                client.hset(KEYS.heartbeats(DELIVERIES), NAME, "1")
                if name := sender.choose():
                    sender.send(name, b"push")
            except Exception:
                continue


def gap(times: list[float], since: float) -> float:
    """The longest pause after a moment."""
    moments = [since, *(each for each in times if each > since)]
    return max((b - a for a, b in itertools.pairwise(moments)), default=0.0)


def promotion(servers: SentinelServers, before: int) -> float:
    """When another server than before began to say that it is the primary."""
    others = [port for port in servers.servers if port != before]
    eventually(lambda: any(servers.is_primary(port) for port in others), 40)
    return time.monotonic()


def kill(servers: SentinelServers) -> None:
    servers.kill(servers.primary)


def freeze(servers: SentinelServers) -> None:
    servers.kill(servers.primary, signal.SIGSTOP)


def kill_while_a_sentinel_hangs(servers: SentinelServers) -> None:
    servers.kill(servers.sentinels[-1], signal.SIGSTOP)
    servers.kill(servers.primary)


def agree(servers: SentinelServers, answering: int) -> bool:
    """Whether so many Sentinels name the same primary, which is up and has a replica."""
    seen = [each for each in sentinel_facts(servers.url) if each.primary]
    return (
        len(seen) == answering
        and all(each.is_up and each.quorum == 2 and each.others == 2 for each in seen)
        and {each.primary for each in seen} == {(LOOPBACK, servers.primary)}
        and max(each.replicas for each in seen) >= 1
    )


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        ("valkey", SentinelServers.promote_another),
        pytest.param("valkey", freeze, marks=pytest.mark.all_only),
        pytest.param("redis-server", kill, marks=pytest.mark.all_only),
        pytest.param("redis-server", kill_while_a_sentinel_hangs, marks=pytest.mark.all_only),
        pytest.param("redis-server", SentinelServers.promote_another, marks=pytest.mark.all_only),
    ],
)
def test_everything_goes_on_with_the_new_primary(
    servers: SentinelServers,
    fault: Callable[[SentinelServers], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = servers.primary
    with Traffic(servers.url) as traffic:
        eventually(lambda: traffic.flows_since(0.0))
        began = time.monotonic()
        fault(servers)
        promoted = promotion(servers, before)
        eventually(lambda: servers.primary != before, 40)
        known = time.monotonic()
        eventually(lambda: traffic.flows_since(known), MOVED_SECONDS)
        took = time.monotonic() - known
        late = {number for number, at in list(traffic.accepted.items()) if at > known}
        eventually(lambda: late <= traffic.recorded.keys())
    print(
        f"{fault.__name__}: promoted after {promoted - began:.1f} s, known {known - began:.1f} s,"
        f" everything {took:.2f} s later; longest pause: captures"
        f" {gap(list(traffic.accepted.values()), began):.2f} s, jobs"
        f" {gap(list(traffic.recorded.values()), began):.2f} s,"
        f" pushes {gap(traffic.pushed, began):.2f} s"
    )
    assert "redis.server_changed" in caplog.text
    answering = len(servers.sentinels) - (fault is kill_while_a_sentinel_hangs)
    eventually(lambda: agree(servers, answering))
    assert redis_server(servers.url).address == f"{LOOPBACK}:{servers.primary}"
