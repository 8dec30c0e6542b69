"""Three hosts that stand in for each other, as docs/high-availability.md sets them up."""

from __future__ import annotations

import base64
import os
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from scripts.commands.chaos.hosts.balancer import Balancer
from scripts.commands.chaos.hosts.faults import HostFaults
from scripts.commands.chaos.hosts.host import Host
from scripts.commands.chaos.hosts.network import Network, network
from scripts.commands.chaos.hosts.promoter import Promoter
from scripts.commands.chaos.hosts.promotion import Views
from scripts.commands.chaos.hosts.redis_server import SERVICE
from scripts.commands.chaos.hosts.redis_view import primary_of, replicas_of
from scripts.commands.chaos.injector import FaultInjector, NeverReturned
from scripts.commands.chaos.progress import Say
from scripts.commands.chaos.system import SETTINGS, Log
from scripts.system.application import release
from scripts.system.embedded import make_temporary_folder
from scripts.system.postgres_programs import NAME
from scripts.system.warden import guarded
from scripts.system.whole import UNLIMITED

HOSTS = ("a", "b", "c")
#: Where the primaries are at the beginning.
REDIS_FIRST, POSTGRES_FIRST = "a", "c"
#: After a fault, everything is as redundant as before within this time.
WHOLE_SECONDS = 90.0
#: A standby that has not found the primary by then cannot follow it, and is copied anew.
_FOLLOW_SECONDS = 15.0
_LOOK_SECONDS = 0.3
_INHERITED = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV")
_SETTINGS = {
    **UNLIMITED,
    **SETTINGS,
    "ALLOW_PRIVATE_WEBHOOKS": "1",
    "WEB_CONCURRENCY": "1",
    "WORKER_PROCESSES": "1",
    "REDIS_REPLICAS_REQUIRED": "1",
}


class Cluster:
    """The hosts, what watches their servers, and what stands before their webs."""

    def __init__(self, hosts: dict[str, Host], net: Network, password: str, log: Log) -> None:
        self.hosts = hosts
        self.network = net
        self.outside = net.outside
        self.api_key: str | None = None
        self._log = log
        self._password = password
        servers = {name: host.postgres for name, host in hosts.items()}
        self.promoter = Promoter(servers, POSTGRES_FIRST, log.say)
        self.balancer = Balancer([host.web_url for host in hosts.values()])
        self.environ = self._environ()

    def web(self) -> tuple[str, int]:
        """The web that the balancer chooses."""
        return self.balancer.pick()

    @property
    def database_url(self) -> str:
        """All servers, of which the client finds the primary."""
        return self.environ["DATABASE_URL"]

    @property
    def redis_url(self) -> str:
        """The primary."""
        return self.redis_primary().redis.url

    def redis_primary(self) -> Host:
        """The host of the primary that the Sentinels agree on, once they do."""
        deadline = time.monotonic() + WHOLE_SECONDS
        sentinels = [host.sentinel for host in self.hosts.values()]
        while time.monotonic() < deadline:
            address = primary_of(sentinels)
            for host in self.hosts.values():
                if host.address == address:
                    return host
            time.sleep(_LOOK_SECONDS)  # the condition lives in other processes
        raise NeverReturned("the Sentinels agree on no primary")

    def injector(self, seed: int, say: Say) -> FaultInjector:
        """One fault at a time, the next one when all is whole again."""
        return FaultInjector(HostFaults(self, seed, say).verbs, say, at_once=1)

    def start(self) -> None:
        """Returns when all is whole."""
        source = self.hosts[POSTGRES_FIRST]
        source.postgres.begin_as_primary()
        source.start(source.postgres)
        with ThreadPoolExecutor(len(self.hosts)) as pool:
            for begun in [pool.submit(self._start_servers, host) for host in self.hosts.values()]:
                begun.result()
        self.promoter.start()
        self.api_key = release(self.environ).api_key
        for host in self.hosts.values():
            host.start_product(self.environ)
        self.balancer.start()
        self.wait_until_whole()

    def stop(self) -> None:
        """Kills everything."""
        self.balancer.stop()
        self.promoter.stop()
        for host in self.hosts.values():
            host.kill()

    def follow(self, host: Host) -> None:
        """Makes a host's PostgreSQL a copy of the primary, and its standby."""
        self._log.say(f"PostgreSQL on {host.name} is copied from {self.promoter.primary}")
        if host.postgres.pid:
            host.postgres.kill()
        host.postgres.copy(self.hosts[self.promoter.primary].address)
        host.start(host.postgres)
        self.promoter.deposed.discard(host.name)

    def missing(self) -> list[str]:
        """What is less redundant than it should be."""
        primary = self.redis_primary()
        replicas = set(replicas_of(primary.redis))
        others = {host.address for host in self.hosts.values()} - {primary.address}
        views = self.promoter.views()
        lead = views[self.promoter.primary]
        return [
            *(f"Redis replica {address}" for address in sorted(others - replicas)),
            *([] if lead and not lead.is_standby else ["PostgreSQL's primary"]),
            *(f"PostgreSQL standby {name}" for name in self._laggards(views)),
            *(f"{url}: {problem}" for url, problem in self.balancer.unready().items()),
        ]

    def wait_until_whole(self) -> None:
        """Returns when any one host may be lost again. Raises NeverReturned."""
        began = time.monotonic()
        copied: set[str] = set()
        while missing := self.missing():
            waited = time.monotonic() - began
            if waited > WHOLE_SECONDS:
                raise NeverReturned(f"missing after {WHOLE_SECONDS:.0f} s: {'; '.join(missing)}")
            if waited > _FOLLOW_SECONDS:
                with self.promoter.lock:
                    for name in set(self._laggards(self.promoter.views())) - copied:
                        copied.add(name)
                        self.follow(self.hosts[name])
            time.sleep(_LOOK_SECONDS)  # the condition lives in other processes

    def _laggards(self, views: Views) -> list[str]:
        return [
            name
            for name, view in views.items()
            if name != self.promoter.primary and not (view and view.hears_primary)
        ]

    def _start_servers(self, host: Host) -> None:
        first = self.hosts[REDIS_FIRST].address
        host.redis.begin_as(first)
        host.start(host.redis)
        host.sentinel.begin_with(first)
        host.start(host.sentinel)
        if host.name != POSTGRES_FIRST:
            self.follow(host)

    def _environ(self) -> dict[str, str]:
        addresses = ",".join(host.address for host in self.hosts.values())
        login = f"{NAME}:{self._password}"
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {
            **inherited,
            **_SETTINGS,
            "SECRET_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "DATABASE_URL": f"postgresql://{login}@{addresses}/{NAME}"
            "?target_session_attrs=read-write",
            "REDIS_URL": f"redis+sentinel://:{self._password}@{addresses}/{SERVICE}/0",
        }


@contextmanager
def three_hosts(log: Log) -> Iterator[Cluster]:
    """The cluster, whole, within a with block; whatever ends this process, nothing remains."""
    folder = make_temporary_folder()
    run_folder = folder / "run"
    run_folder.mkdir()
    password = secrets.token_hex(16)
    with ExitStack() as opened:
        opened.enter_context(guarded(run_folder, [folder]))
        net = opened.enter_context(network(run_folder, HOSTS))
        hosts = {name: Host(name, folder, net, password, log.prefixed) for name in HOSTS}
        cluster = Cluster(hosts, net, password, log)
        opened.callback(cluster.stop)
        cluster.start()
        yield cluster
