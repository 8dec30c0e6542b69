"""Whether any one host may be lost, and what makes it so again."""

from __future__ import annotations

import time
from collections.abc import Mapping

from scripts.commands.chaos.hosts.balancer import Balancer
from scripts.commands.chaos.hosts.host import Host
from scripts.commands.chaos.hosts.promoter import Promoter
from scripts.commands.chaos.hosts.promotion import Views
from scripts.commands.chaos.hosts.redis_server import primary_of, replicas_of
from scripts.commands.chaos.injector import NeverReturned
from scripts.commands.chaos.progress import Say

#: After a fault, everything is as redundant as before within this time.
WHOLE_SECONDS = 90.0
#: A standby that has not found the primary by then cannot follow it, and is copied anew.
_FOLLOW_SECONDS = 15.0
_LOOK_SECONDS = 0.3


class Redundancy:
    """Asks everybody, from outside."""

    def __init__(
        self, hosts: Mapping[str, Host], promoter: Promoter, balancer: Balancer, say: Say
    ) -> None:
        self._hosts = hosts
        self._promoter = promoter
        self._balancer = balancer
        self._say = say

    def redis_primary(self) -> Host:
        """The host of the primary that the Sentinels agree on, once they do."""
        deadline = time.monotonic() + WHOLE_SECONDS
        sentinels = [host.sentinel for host in self._hosts.values()]
        while time.monotonic() < deadline:
            address = primary_of(sentinels)
            for host in self._hosts.values():
                if host.address == address:
                    return host
            time.sleep(_LOOK_SECONDS)  # the condition lives in other processes
        raise NeverReturned("the Sentinels agree on no primary")

    def missing(self) -> list[str]:
        """What is less redundant than it should be."""
        primary = self.redis_primary()
        replicas = set(replicas_of(primary.redis))
        others = {host.address for host in self._hosts.values()} - {primary.address}
        views = self._promoter.views()
        lead = views[self._promoter.primary]
        return [
            *(f"Redis replica {address}" for address in sorted(others - replicas)),
            *([] if lead and not lead.is_standby else ["PostgreSQL's primary"]),
            *(f"PostgreSQL standby {name}" for name in self._laggards(views)),
            *(f"{url}: {problem}" for url, problem in self._balancer.unready().items()),
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
                self._copy_laggards(copied)
            time.sleep(_LOOK_SECONDS)  # the condition lives in other processes

    def make_standby(self, host: Host) -> None:
        """Makes a host's PostgreSQL a copy of the primary, and its standby."""
        self._say(f"PostgreSQL on {host.name} is copied from {self._promoter.primary}")
        if host.postgres.pid:
            host.postgres.kill()
        host.postgres.copy(self._hosts[self._promoter.primary].address)
        host.start(host.postgres)
        self._promoter.deposed.discard(host.name)

    def _copy_laggards(self, copied: set[str]) -> None:
        """Each of them once."""
        with self._promoter.lock:
            for name in set(self._laggards(self._promoter.views())) - copied:
                copied.add(name)
                self.make_standby(self._hosts[name])

    def _laggards(self, views: Views) -> list[str]:
        return [
            name
            for name, view in views.items()
            if name != self._promoter.primary and not (view and view.hears_primary)
        ]
