"""`./scripts/chaos --hosts`: a short run, and which promotions keep what was acknowledged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from scripts.commands.chaos.clients import Load
from scripts.commands.chaos.findings import Kind
from scripts.commands.chaos.hosts.cluster import HOSTS, obstacle, three_hosts
from scripts.commands.chaos.hosts.host import Host, kill
from scripts.commands.chaos.hosts.network import Network, network
from scripts.commands.chaos.hosts.promotion import View, Views, has_failed, successor
from scripts.commands.chaos.hosts.redis_server import primary_of, replicas_of
from scripts.commands.chaos.injector import Disturbance
from scripts.commands.chaos.recovery import standstills
from scripts.commands.chaos.run import Options, run
from scripts.commands.chaos.schedule import OTHER_HOST, POSTGRES_HOST, REDIS_HOST, Fault, Verb
from scripts.system.embedded import make_temporary_folder
from scripts.system.warden import guarded
from tests.waiting import eventually

needs_hosts = pytest.mark.skipif(obstacle() is not None, reason=obstacle() or "")

PRIMARY = View(is_standby=False, received=0, hears_primary=False)
DEAF = View(is_standby=True, received=100, hears_primary=False)
AHEAD = DEAF._replace(received=101)
FOLLOWS = DEAF._replace(hears_primary=True)


@pytest.mark.parametrize(
    ("views", "failed"),
    [
        ({"a": FOLLOWS, "b": FOLLOWS, "c": PRIMARY}, False),
        ({"a": DEAF, "b": FOLLOWS, "c": PRIMARY}, False),
        ({"a": DEAF, "b": DEAF, "c": None}, True),
        ({"a": DEAF, "b": DEAF, "c": PRIMARY}, True),
        ({"a": DEAF, "b": None, "c": None}, False),
        ({"a": DEAF, "b": PRIMARY, "c": None}, False),
    ],
    ids=["whole", "a standby is cut off", "primary gone", "isolated", "two gone", "promoted"],
)
def test_a_primary_has_failed_when_both_others_say_so(views: Views, failed: bool) -> None:
    assert has_failed("c", views) is failed


@pytest.mark.parametrize(
    ("views", "chosen"),
    [
        ({"a": DEAF, "b": AHEAD, "c": None}, "b"),
        ({"a": AHEAD, "b": DEAF, "c": PRIMARY}, "a"),
        ({"a": None, "b": AHEAD, "c": None}, None),
    ],
    ids=["the one that is ahead", "whatever the old one says", "the other may be ahead"],
)
def test_the_standby_that_has_received_more_is_promoted(views: Views, chosen: str | None) -> None:
    assert successor("c", views) == chosen


def test_a_standstill_is_the_longest_gap_while_a_host_is_away() -> None:
    fault = Fault(0.0, Verb.CUT, REDIS_HOST, 8.0)
    other = Fault(0.0, Verb.KILL, "web", 0.0)
    disturbances = [Disturbance(fault, 10.0, 30.0), Disturbance(other, 50.0, 60.0)]

    (found,) = standstills(disturbances, [1.0, 9.0, 14.0, 20.0, 26.0, 99.0], [12.0, 29.0, 40.0])

    assert found == (fault, 73.0, 17.0, 12.0)


@needs_hosts
@pytest.mark.all_only
def test_a_short_run_loses_nothing_with_any_host() -> None:
    schedule = [
        Fault(3.0, Verb.CUT, REDIS_HOST, 8.0),
        Fault(23.0, Verb.ISOLATE, POSTGRES_HOST, 8.0),
        Fault(43.0, Verb.LOSE, OTHER_HOST, 8.0),
    ]
    said: list[str] = []
    options = Options(11, 60.0, schedule, Load(10.0), target=three_hosts)
    outcome = run(options, said.append, said.append)

    assert [str(each) for found in outcome.findings for each in found.violations] == []
    assert outcome.count(Kind.LOST) == 0
    assert outcome.inside.figures["recorded"] > 200
    assert len(outcome.standstills) == 3


# Which replica of Redis is promoted, and whether it has what was acknowledged.


@contextmanager
def redis_hosts(priority_of_c: int) -> Iterator[tuple[Network, Mapping[str, Host]]]:
    """Redis with Sentinels on three hosts, the primary on a; nothing else runs."""
    folder = make_temporary_folder()
    run_folder = folder / "run"
    run_folder.mkdir()
    with ExitStack() as opened:
        opened.enter_context(guarded(run_folder, [folder]))
        net = opened.enter_context(network(run_folder, HOSTS))
        hosts = {name: _redis_host(name, folder, net) for name in HOSTS}
        with (folder / "c" / "redis" / "redis.conf").open("a") as configuration:
            configuration.write(f"replica-priority {priority_of_c}\n")
        for host in hosts.values():
            opened.callback(host.kill)
            host.start(host.redis)
        eventually(lambda: len(replicas_of(hosts["a"].redis)) == 2)
        for host in hosts.values():
            host.start(host.sentinel)
        eventually(lambda: all(_knows_all(host) for host in hosts.values()), 30.0)
        yield net, hosts


@needs_hosts
@pytest.mark.all_only
@pytest.mark.parametrize(
    ("required", "priority_of_late", "loses_other_redis", "keeps"),
    [
        (1, 100, False, True),
        (1, 10, False, False),
        (1, 100, True, False),
        (2, 10, True, True),
    ],
    ids=["by offset", "by priority", "the one that has it is dead, too", "all required"],
)
def test_a_promoted_replica_has_what_was_acknowledged(
    required: int, priority_of_late: int, loses_other_redis: bool, keeps: bool
) -> None:
    with redis_hosts(priority_of_late) as (net, hosts):
        net.cut("c")
        acknowledged = [n for n in range(40) if _written(client(hosts["a"]), n, required)]
        assert len(acknowledged) == (40 if required == 1 else 0)
        net.cut("a")
        hosts["a"].kill()
        if loses_other_redis:
            kill(hosts["b"].redis)
        net.join("c")
        sentinels = [hosts["b"].sentinel, hosts["c"].sentinel]
        eventually(lambda: primary_of(sentinels) not in (None, hosts["a"].address), 60.0)
        (promoted,) = (h for h in hosts.values() if h.address == primary_of(sentinels))
        eventually(lambda: client(promoted).role()[0] == b"master")
        kept = {int(key) for key in client(promoted).scan_iter()}

        assert (not set(acknowledged) - kept) is keeps


def _redis_host(name: str, folder: Path, net: Network) -> Host:
    host = Host(name, folder, net, "secret", lambda role: lambda line: None)
    host.redis.begin_as(net.addresses["a"])
    host.sentinel.begin_with(net.addresses["a"])
    return host


def client(host: Host) -> Any:
    return redis.Redis.from_url(host.redis.url, socket_timeout=5, socket_connect_timeout=2)


def _written(primary: Any, number: int, required: int) -> bool:
    """Whether enough replicas have it within a moment."""
    with primary.pipeline(transaction=False) as pipe:
        pipe.set(str(number), "x").wait(required, 50 if required > 1 else 2000)
        return bool(pipe.execute()[1] >= required)


def _sentinel(host: Host) -> Any:
    return redis.Redis.from_url(host.sentinel.url, decode_responses=True, socket_timeout=5)


def _knows_all(host: Host) -> bool:
    told = _sentinel(host).sentinel_master("rex")
    return bool(told["num-slaves"] == 2 and told["num-other-sentinels"] == 2)
