"""From a host name to a connected socket, by way of the address check."""

import errno
import socket
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from time import monotonic

from app.domain.attempt import ErrorClass
from app.domain.reachability import Address, refusal
from workers.sending.budget import AttemptStopped, Budget, Phase
from workers.sending.resolver import Resolver, SocketAddress
from workers.sending.sockets import PlainSocket

#: Addresses of one host that an attempt tries: a name may list any number.
ADDRESSES_MAX = 4

#: Failures of our own process or machine, no fault of the receiver.
_OUR_FAILURES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Dialer:
    """Connects to hosts, never to an address that has not just been checked.

    The host is resolved once, each address is judged, and what was judged is what is connected
    to: a second look-up would give a name server the chance to answer differently.
    """

    def __init__(self, resolver: Resolver, *, allow_private: bool) -> None:
        self._resolver = resolver
        self._allow_private = allow_private

    def dial(self, host: str, port: int, budget: Budget) -> PlainSocket:
        """Give a connected socket within the budget's connect time; raises AttemptStopped."""
        ends_at = budget.connect_ends_at()
        budget.address = None
        addresses = self._allowed(host, self._resolve(host, port, budget, ends_at))
        budget.enter(Phase.CONNECT)
        connected = _connect_any(addresses, port, budget, ends_at)
        budget.connect_ms = budget.ended_ms()
        return connected

    def _resolve(self, host: str, port: int, budget: Budget, ends_at: float) -> list[Address]:
        literal = _parse(host)
        if literal is not None:
            return [literal]
        budget.enter(Phase.DNS)
        found = self._resolver.addresses(host, port, ends_at)
        budget.dns_ms = budget.ended_ms()
        addresses = (_parse(socket_address) for socket_address in found)
        return [address for address in dict.fromkeys(addresses) if address is not None]

    def _allowed(self, host: str, addresses: Sequence[Address]) -> list[Address]:
        reasons = [(a, refusal(a, allow_private=self._allow_private)) for a in addresses]
        allowed = [address for address, reason in reasons if reason is None]
        if not allowed:
            kinds = " and ".join(sorted({reason for _, reason in reasons if reason})) or "nothing"
            detail = f"{host} leads to {kinds}, which deliveries never connect to"
            raise AttemptStopped(ErrorClass.REFUSED_TARGET, detail)
        return _families_in_turn(allowed)[:ADDRESSES_MAX]


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
) -> PlainSocket:
    """Try the addresses in their order, each with an equal share of the time left."""
    failure: AttemptStopped | None = None
    for index, address in enumerate(addresses):
        seconds = (ends_at - monotonic()) / (len(addresses) - index)
        if seconds <= 0:
            break
        budget.address = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
        try:
            return _connect(address, port, budget, seconds)
        except OSError as error:
            failure = _explain(error, budget.address)
    raise failure or AttemptStopped(ErrorClass.CONNECT_TIMEOUT, "no time was left to connect")


def _connect(address: Address, port: int, budget: Budget, seconds: float) -> PlainSocket:
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    connecting = PlainSocket(family, socket.SOCK_STREAM)
    try:
        connecting.budget = budget
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
    if error.errno in _OUR_FAILURES:
        return AttemptStopped(ErrorClass.SENDER_FAILED, "too many open sockets on our side")
    return AttemptStopped(ErrorClass.CONNECT_FAILED, f"{address} cannot be reached")
