"""A Redis Cluster of three primaries on this machine, whose nodes may be killed."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.crc import key_slot

from app.queue.jobs import Keys
from scripts.system.embedded import Embedded, make_temporary_folder
from scripts.system.ports import LOOPBACK, free_port
from scripts.system.valkey import Valkey
from tests.waiting import eventually

_PASSWORD = "cluster"
_SLOTS = 16384
_SETTINGS = {
    "cluster-enabled": "yes",
    "cluster-node-timeout": "1000",
    # One shard that is away stops no other.
    "cluster-require-full-coverage": "no",
    "masterauth": _PASSWORD,
}


class RedisCluster:
    """The nodes, each with an equal part of the slots."""

    def __init__(self, opened: ExitStack, program: Path | None) -> None:
        """Start the nodes; they know nothing of each other yet."""
        self._opened, self._program = opened, program
        self.nodes = [_start_node(opened, program) for _ in range(3)]

    @property
    def url(self) -> str:
        """For REDIS_URL."""
        hosts = ",".join(node.url.rpartition("@")[2].partition("/")[0] for node in self.nodes)
        return f"redis+cluster://:{_PASSWORD}@{hosts}"

    def slot_of(self, keys: Keys) -> int:
        """The slot of these keys."""
        return key_slot(keys.named("any").encode())

    def number_of(self, keys: Keys) -> int:
        """Which node has these keys while the slots lie as they did at first."""
        slot = self.slot_of(keys)
        return next(n for n, (low, high) in enumerate(_ranges(3)) if low <= slot <= high)

    def address_of(self, number: int) -> tuple[str, int, str]:
        """Host, port and password of a node."""
        url = urlsplit(self.nodes[number].url)
        return str(url.hostname), int(url.port or 0), _PASSWORD

    def client(self, number: int) -> Any:
        """A plain client of one node, for a with block."""
        return closing(redis.Redis.from_url(self.nodes[number].url, protocol=2))

    def add_replica(self, number: int) -> None:
        """Start a replica of a node, and wait until it follows."""
        self.nodes.append(_start_node(self._opened, self._program))
        with self.client(number) as primary, self.client(len(self.nodes) - 1) as replica:
            _meet(primary, self.nodes[-1])
            self.wait_until_whole()
            replica.cluster("REPLICATE", primary.cluster("MYID").decode())
            eventually(lambda: replica.info("replication")["master_link_status"] == "up")

    def wait_until_whole(self, seconds: float = 30.0) -> None:
        """Until every node sees all slots served."""
        for number in range(len(self.nodes)):
            with self.client(number) as client:
                eventually(partial(self._is_whole, client), seconds)

    def _is_whole(self, client: Any) -> bool:
        info = client.cluster("INFO")
        known = int(info["cluster_known_nodes"]) == len(self.nodes)
        return known and info["cluster_state"] == "ok" and info["cluster_slots_ok"] == str(_SLOTS)


@contextmanager
def running_cluster(program: Path | None = None) -> Iterator[RedisCluster]:
    """A cluster for a with block."""
    with ExitStack() as opened:
        cluster = RedisCluster(opened, program)
        for number, (low, high) in enumerate(_ranges(3)):
            with cluster.client(number) as client:
                client.cluster("SET-CONFIG-EPOCH", number + 1)
                client.cluster("ADDSLOTSRANGE", low, high)
        with cluster.client(0) as client:
            for node in cluster.nodes[1:]:
                _meet(client, node)
        cluster.wait_until_whole()
        yield cluster


def _start_node(opened: ExitStack, program: Path | None) -> Valkey:
    folder = make_temporary_folder()
    opened.callback(shutil.rmtree, folder, ignore_errors=True)
    # All nodes of a cluster have one password.
    (folder / "valkey.json").write_text(json.dumps({"port": free_port(), "password": _PASSWORD}))
    settings = {**_SETTINGS, "cluster-port": str(free_port())}
    node = Embedded(folder, postgres=False, valkey_settings=settings, valkey_program=program)
    return opened.enter_context(node).valkey


def _meet(client: Any, node: Valkey) -> None:
    with closing(redis.Redis.from_url(node.url)) as other:
        ports = other.config_get("port", "cluster-port")
    client.cluster("MEET", LOOPBACK, ports["port"], ports["cluster-port"])


def _ranges(nodes: int) -> list[tuple[int, int]]:
    """First and last slot of each node."""
    starts = [round(number * _SLOTS / nodes) for number in range(nodes + 1)]
    return [(low, high - 1) for low, high in itertools.pairwise(starts)]
