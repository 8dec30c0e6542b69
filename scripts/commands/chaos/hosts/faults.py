"""What the faults of hosts do, and how each is brought back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from scripts.commands.chaos.hosts.host import Host
from scripts.commands.chaos.injector import Break, NeverReturned
from scripts.commands.chaos.progress import Say
from scripts.commands.chaos.schedule import POSTGRES_HOST, REDIS_HOST, Fault, Verb
from scripts.system.waiting import wait_until

if TYPE_CHECKING:
    from scripts.commands.chaos.hosts.cluster import Cluster

#: By how much a clock may be wrong.
CLOCK_SECONDS = 90
#: A machine whose disks are gone is replaced once the others do without it.
_REPLACED_SECONDS = 60.0


class HostFaults:
    """Breaks one host of a cluster; each verb returns when all is whole again."""

    def __init__(self, cluster: Cluster, seed: int, say: Say) -> None:
        self._cluster = cluster
        self._chance = random.Random(f"hosts {seed}")
        self._say = say
        self.verbs: Mapping[Verb, Break] = {
            Verb.CUT: self._cut,
            Verb.ISOLATE: self._isolate,
            Verb.KILL: self._kill,
            Verb.LOSE: self._lose,
            Verb.CLOCK: self._misset,
        }

    def _cut(self, fault: Fault) -> None:
        host, network = self._victim(fault), self._cluster.network
        self._apart(host, fault, network.cut, network.join)

    def _isolate(self, fault: Fault) -> None:
        host, network = self._victim(fault), self._cluster.network
        self._apart(host, fault, network.isolate, network.admit)

    def _apart(
        self, host: Host, fault: Fault, part: Callable[[str], None], join: Callable[[str], None]
    ) -> None:
        part(host.name)
        time.sleep(fault.seconds)
        join(host.name)
        self._bring_back_postgres(host)
        self._cluster.redundancy.wait_until_whole()

    def _kill(self, fault: Fault) -> None:
        host = self._victim(fault)
        host.kill()
        time.sleep(fault.seconds)
        self._bring_back(host)

    def _misset(self, fault: Fault) -> None:
        host = self._victim(fault)
        host.kill()
        host.clock_seconds = self._chance.randint(-CLOCK_SECONDS, CLOCK_SECONDS)
        self._say(f"         the clock of {host.name} is {host.clock_seconds:+d} s off")
        time.sleep(fault.seconds)
        self._bring_back(host)

    def _lose(self, fault: Fault) -> None:
        host = self._victim(fault)
        host.kill()
        time.sleep(fault.seconds)
        self._wait_for_successors(host)
        host.redis.begin_as(self._cluster.redundancy.redis_primary().address)
        host.sentinel.begin_with(self._cluster.redundancy.redis_primary().address)
        with self._cluster.promoter.lock:
            self._cluster.promoter.deposed.add(host.name)
        self._bring_back(host)

    def _bring_back(self, host: Host) -> None:
        """Starts everything on a host that was killed."""
        for server in (host.redis, host.sentinel):
            host.start(server)
        self._bring_back_postgres(host)
        host.start_product(self._cluster.environ)
        self._cluster.redundancy.wait_until_whole()

    def _bring_back_postgres(self, host: Host) -> None:
        """Nobody is promoted meanwhile: whether this one is still the primary must stay true."""
        promoter = self._cluster.promoter
        with promoter.lock:
            if promoter.primary == host.name:
                promoter.deposed.discard(host.name)
            if host.name in promoter.deposed:
                self._cluster.redundancy.make_standby(host)
            elif not host.postgres.pid:
                host.start(host.postgres)

    def _victim(self, fault: Fault) -> Host:
        cluster = self._cluster
        redis_host, postgres_host = (
            cluster.redundancy.redis_primary().name,
            cluster.promoter.primary,
        )
        named = {REDIS_HOST: redis_host, POSTGRES_HOST: postgres_host}
        others = sorted(cluster.hosts.keys() - {redis_host, postgres_host})
        chosen = named.get(fault.target) or self._chance.choice(others)
        self._say(f"         that is {chosen}")
        return cluster.hosts[chosen]

    def _wait_for_successors(self, host: Host) -> None:
        """Until neither primary is the one whose data is gone."""
        cluster = self._cluster

        def is_replaced() -> bool:
            primaries = cluster.promoter.primary, cluster.redundancy.redis_primary().name
            return host.name not in primaries

        if not wait_until(is_replaced, _REPLACED_SECONDS, 0.2):
            raise NeverReturned(f"nobody took over from {host.name}")
