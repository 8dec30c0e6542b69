"""From a host name to a connected socket, by way of the address check."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import ip_address
from itertools import zip_longest
from time import monotonic

from app.domain.delivery.attempt import ErrorClass
from app.domain.webhook.reachability import Address, Network, refusal
from workers.sending.budget import AttemptStopped, Budget, Phase
from workers.sending.happy_eyeballs import Race
from workers.sending.resolver import NoSuchHost, Resolver

#: Addresses of one host that an attempt tries: a name may list any number.
ADDRESSES_MAX = 16
#: Hosts of which the address that accepted last is remembered.
HOSTS_REMEMBERED = 10_000


class Dialer:
    """Connects to hosts, never to an address that has not just been checked.

    The host is resolved once, each address is judged, and what was judged is what is connected
    to: a second look-up would give a name server the chance to answer differently.
    """

    def __init__(
        self, resolver: Resolver, *, allow_private: bool, blocked: Sequence[Network] = ()
    ) -> None:
        self._resolver = resolver
        self._allow_private = allow_private
        self._blocked = blocked
        self._accepted: dict[str, Address] = {}

    def dial(self, host: str, port: int, budget: Budget) -> socket.socket:
        """A connected socket within the budget's connect time; raises AttemptStopped, OSError."""
        ends_at = min(monotonic() + budget.connect_seconds, budget.ends_at)
        budget.address = None
        addresses = [a for a in self._resolve(host, port, budget, ends_at) if self._may_connect(a)]
        if not addresses:
            # The same words whether the name is absent or an inside one: that is not for
            # strangers to find out.
            detail = f"{host} does not exist or has no address that deliveries may connect to"
            raise AttemptStopped(ErrorClass.REFUSED_TARGET, detail)
        budget.enter(Phase.CONNECT)
        turns = in_turn(addresses, self._accepted.get(host))
        race = Race(turns[:ADDRESSES_MAX], port, ends_at)
        try:
            connected = race.run()
        finally:
            budget.address = _shown(race.address, port)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self._accepted) >= HOSTS_REMEMBERED:
            self._accepted.clear()
        self._accepted[host] = race.address
        return connected

    def _resolve(self, host: str, port: int, budget: Budget, ends_at: float) -> list[Address]:
        literal = _parse(host)
        if literal is not None:
            return [literal]
        budget.enter(Phase.DNS)
        try:
            found = self._resolver.addresses(host, port, ends_at, budget.org_id)
        except NoSuchHost:
            return []
        addresses = (_parse(socket_address[0]) for socket_address in found)
        return [address for address in dict.fromkeys(addresses) if address is not None]

    def _may_connect(self, address: Address) -> bool:
        reason = refusal(address, allow_private=self._allow_private, blocked=self._blocked)
        return reason is None


def _parse(address: str) -> Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None


def in_turn(addresses: Sequence[Address], good: Address | None) -> list[Address]:
    """The address that accepted last goes first; then the families alternate."""
    ordered = sorted(addresses, key=lambda address: address != good)
    first = ordered[0].version
    same = [address for address in ordered if address.version == first]
    other = [address for address in ordered if address.version != first]
    pairs = zip_longest(same, other)
    return [address for pair in pairs for address in pair if address is not None]


def _shown(address: Address, port: int) -> str:
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
