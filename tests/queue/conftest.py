"""Servers for the tests of the queue: Valkey, and with `--all` Redis and clusters of one node."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from app.queue import log_limits
from app.queue.broker import StreamsBroker
from app.queue.jobs import Keys
from app.queue.policy import Policy
from scripts.system.embedded import Embedded
from scripts.system.ports import free_port
from scripts.system.valkey import Valkey, find_server
from tests.waiting import eventually


class Engine(NamedTuple):
    """A kind of server."""

    program: str
    cluster: bool = False


ENGINES = [
    pytest.param(Engine("valkey"), id="valkey"),
    pytest.param(Engine("redis"), id="redis", marks=pytest.mark.all_only),
    pytest.param(Engine("valkey", True), id="valkey-cluster", marks=pytest.mark.all_only),
    pytest.param(Engine("redis", True), id="redis-cluster", marks=pytest.mark.all_only),
]


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """The kind of server that a test runs on."""
    engine: Engine = request.param
    find_program(engine.program)
    return engine


def find_program(name: str) -> Path:
    """Valkey's or Redis' program; the test is skipped without Redis'."""
    if name == "valkey":
        return find_server()
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    return Path("redis-server")


@contextmanager
def _running(engine: Engine) -> Iterator[Valkey]:
    program = find_program(engine.program)
    cluster = {"cluster-enabled": "yes", "cluster-port": str(free_port())}
    settings = cluster if engine.cluster else {}
    with Embedded(postgres=False, valkey_settings=settings, valkey_program=program) as servers:
        if engine.cluster:
            with closing(redis.Redis.from_url(servers.redis_url, protocol=2)) as client:
                client.cluster("ADDSLOTSRANGE", 0, 16383)
                eventually(lambda: client.cluster("INFO")["cluster_state"] == "ok")
        yield servers.valkey


@pytest.fixture(scope="session")
def shared_server(engine: Engine) -> Iterator[Valkey]:
    """A server that no test breaks."""
    with _running(engine) as server:
        yield server


@pytest.fixture
def redis_url(shared_server: Valkey) -> str:
    """An empty server that no test breaks."""
    with closing(redis.Redis.from_url(shared_server.url)) as client:
        client.flushall()
    return shared_server.url


@pytest.fixture
def own_redis(engine: Engine) -> Iterator[Valkey]:
    """A server that the test may break."""
    with _running(engine) as server:
        yield server


@pytest.fixture(autouse=True)
def fresh_log_limits() -> None:
    """What one test made the workers log does not silence the next."""
    log_limits.rate_limit.reset()


#: For tests of who must not be taken for dead, though he is held up for a while.
PATIENT = pytest.mark.parametrize("policy", [3.0], ids=["patient"], indirect=True)


@pytest.fixture
def policy(request: pytest.FixtureRequest) -> Policy:
    """Short times, and keys that no other test has."""
    return Policy(
        keys=Keys(f"{{test-{uuid.uuid4()}}}"),
        beat_seconds=0.1,
        dead_after_seconds=getattr(request, "param", 1.0),
        first_pause_seconds=0.1,
        pause_max_seconds=0.4,
        fault_pause_max_seconds=0.4,
        failures_max=8,
    )


MakeBroker = Callable[..., StreamsBroker]


@pytest.fixture
def make_broker(policy: Policy) -> Iterator[MakeBroker]:
    """Brokers, closed at the end."""
    brokers: list[StreamsBroker] = []

    def make(url: str, threads: int = 4, capture_streams: int = 1) -> StreamsBroker:
        brokers.append(
            StreamsBroker(url, threads=threads, policy=policy, capture_streams=capture_streams)
        )
        return brokers[-1]

    yield make
    for broker in brokers:
        broker.close()


@pytest.fixture
def broker(redis_url: str, make_broker: MakeBroker) -> StreamsBroker:
    """A broker on the server that no test breaks."""
    return make_broker(redis_url)


@pytest.fixture
def fragile_broker(own_redis: Valkey, make_broker: MakeBroker) -> StreamsBroker:
    """A broker on the server that the test may break."""
    return make_broker(own_redis.url)
