"""Three hosts that stand in for each other, as docs/high-availability.md sets them up."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from scripts.commands.chaos.hosts.balancer import Balancer
from scripts.commands.chaos.hosts.faults import HostFaults
from scripts.commands.chaos.hosts.host import Host
from scripts.commands.chaos.hosts.network import Network, network
from scripts.commands.chaos.hosts.promoter import Promoter
from scripts.commands.chaos.hosts.redis_server import SERVICE
from scripts.commands.chaos.hosts.redundancy import Redundancy
from scripts.commands.chaos.injector import FaultInjector
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
_PROGRAMS = {"ip": "iproute2", "nsenter": "util-linux", "unshare": "util-linux"}
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
        self._password = password
        servers = {name: host.postgres for name, host in hosts.items()}
        self.promoter = Promoter(servers, POSTGRES_FIRST, log.say)
        self.balancer = Balancer([host.web_url for host in hosts.values()])
        self.redundancy = Redundancy(hosts, self.promoter, self.balancer, log.say)
        self.environ = self._environ()

    def webs(self) -> Sequence[tuple[str, int]]:
        """As the balancer chooses them."""
        return self.balancer.choose()

    @property
    def database_url(self) -> str:
        """All servers, of which the client finds the primary."""
        return self.environ["DATABASE_URL"]

    @property
    def redis_url(self) -> str:
        """The primary."""
        return self.redundancy.redis_primary().redis.url

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
        self.redundancy.wait_until_whole()

    def stop(self) -> None:
        """Kills everything."""
        self.balancer.stop()
        self.promoter.stop()
        for host in self.hosts.values():
            host.kill()

    def _start_servers(self, host: Host) -> None:
        first = self.hosts[REDIS_FIRST].address
        host.redis.begin_as(first)
        host.start(host.redis)
        host.sentinel.begin_with(first)
        host.start(host.sentinel)
        if host.name != POSTGRES_FIRST:
            self.redundancy.make_standby(host)

    def _environ(self) -> dict[str, str]:
        addresses = ",".join(host.address for host in self.hosts.values())
        login = f"{NAME}:{self._password}"
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        # The caller's settings go first: what happens with others can be seen then.
        settings = {name: os.environ.get(name, value) for name, value in _SETTINGS.items()}
        return {
            **inherited,
            **settings,
            "SECRET_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "DATABASE_URL": f"postgresql://{login}@{addresses}/{NAME}"
            "?target_session_attrs=read-write",
            "REDIS_URL": f"redis+sentinel://:{self._password}@{addresses}/{SERVICE}/0",
        }


def obstacle() -> str | None:
    """Why hosts cannot be made on this machine; None if they can."""
    if os.geteuid() != 0:
        return "hosts are network namespaces, which only root may make"
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            return f"hosts need {program}, of the package {package}"
    return None


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
