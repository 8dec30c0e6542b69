"""From a host name to a connected socket, by way of the address check."""

from __future__ import annotations

import socket
from collections import OrderedDict
from collections.abc import Sequence
from ipaddress import ip_address
from threading import Lock
from time import monotonic

from app.domain.attempt import ErrorClass
from app.domain.reachability import Address, Network, refusal
from workers.sending.budget import AttemptStopped, Budget, Phase
from workers.sending.failures import OUR_FAILURES
from workers.sending.resolver import NoSuchHost, Resolver, SocketAddress

#: Addresses of one host that an attempt tries: a name may list any number.
ADDRESSES_MAX = 16
#: An address gets at least this share of the time that is left to connect.
_SHARES_MAX = 4
#: Hosts of which the address that accepted last is remembered.
_HOSTS_REMEMBERED = 10_000


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
        self._lock = Lock()
        self._accepted: OrderedDict[str, Address] = OrderedDict()

    def dial(self, host: str, port: int, budget: Budget) -> socket.socket:
        """A connected socket within the budget's connect time; raises AttemptStopped."""
        ends_at = budget.connect_ends_at()
        budget.address = None
        addresses = self._in_order(host, self._allowed(host, port, budget, ends_at))
        budget.enter(Phase.CONNECT)
        address, connected = _connect_any(addresses, port, budget, ends_at)
        budget.connect_ms = budget.ended_ms()
        self._remember(host, address)
        return connected

    def _allowed(self, host: str, port: int, budget: Budget, ends_at: float) -> list[Address]:
        try:
            found = self._resolve(host, port, budget, ends_at)
        except NoSuchHost:
            found = []
        allowed = [address for address in found if self._may_connect(address)]
        if not allowed:
            # The same words whether the name is absent or an inside one: that is not for
            # strangers to find out.
            detail = f"{host} does not exist or has no address that deliveries may connect to"
            raise AttemptStopped(ErrorClass.REFUSED_TARGET, detail)
        return allowed

    def _resolve(self, host: str, port: int, budget: Budget, ends_at: float) -> list[Address]:
        literal = _parse(host)
        if literal is not None:
            return [literal]
        budget.enter(Phase.DNS)
        found = self._resolver.addresses(host, port, ends_at, budget.org_id)
        budget.dns_ms = budget.ended_ms()
        addresses = (_parse(socket_address) for socket_address in found)
        return [address for address in dict.fromkeys(addresses) if address is not None]

    def _may_connect(self, address: Address) -> bool:
        reason = refusal(address, allow_private=self._allow_private, blocked=self._blocked)
        return reason is None

    def _in_order(self, host: str, addresses: Sequence[Address]) -> list[Address]:
        """The address that accepted last goes first."""
        with self._lock:
            good = self._accepted.get(host)
        return sorted(_families_in_turn(addresses), key=lambda a: a != good)[:ADDRESSES_MAX]

    def _remember(self, host: str, address: Address) -> None:
        with self._lock:
            self._accepted[host] = address
            self._accepted.move_to_end(host)
            if len(self._accepted) > _HOSTS_REMEMBERED:
                self._accepted.popitem(last=False)


def _parse(address: str | SocketAddress) -> Address | None:
    try:
        return ip_address(address if isinstance(address, str) else address[0])
    except ValueError:
        return None


def _families_in_turn(addresses: Sequence[Address]) -> list[Address]:
    """Put the first address of the other family second: often one family is cut off whole."""
    first = addresses[0].version
    others = [address for address in addresses if address.version != first]
    same = [address for address in addresses if address.version == first]
    return [same[0], *others[:1], *same[1:], *others[1:]]


def _connect_any(
    addresses: Sequence[Address], port: int, budget: Budget, ends_at: float
) -> tuple[Address, socket.socket]:
    """Try the addresses in their order, each with its share of the time left."""
    failure: AttemptStopped | None = None
    for index, address in enumerate(addresses):
        seconds = (ends_at - monotonic()) / min(len(addresses) - index, _SHARES_MAX)
        if seconds <= 0:
            break
        budget.address = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
        try:
            return address, _connect(address, port, seconds)
        except OSError as error:
            failure = _explain(error, budget.address)
            if failure.error is ErrorClass.SENDER_FAILED:
                break
    raise failure or AttemptStopped(ErrorClass.CONNECT_TIMEOUT, "no time was left to connect")


def _connect(address: Address, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    connecting = socket.socket(family, socket.SOCK_STREAM)
    try:
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connecting.settimeout(seconds)
        connecting.connect((str(address), port))
    except BaseException:
        connecting.close()
        raise
    return connecting


def _explain(error: OSError, address: str) -> AttemptStopped:
    if isinstance(error, ConnectionRefusedError):
        return AttemptStopped(ErrorClass.CONNECT_REFUSED, f"nothing listens at {address}")
    if isinstance(error, TimeoutError):
        return AttemptStopped(ErrorClass.CONNECT_TIMEOUT, f"{address} did not accept in time")
    if error.errno in OUR_FAILURES:
        return AttemptStopped(ErrorClass.SENDER_FAILED, "too many open sockets on our side")
    return AttemptStopped(ErrorClass.CONNECT_FAILED, f"{address} cannot be reached")
