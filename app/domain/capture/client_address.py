"""Client addresses: read from what peers and proxies say, and gathered into buckets."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: An address with a port, as some proxies append it: 192.0.2.1:4711, [2001:db8::1]:443.
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")
#: What is kept of something that is not an address.
_CHARS_MAX = 64
#: What one subscriber of an IPv6 provider has at the least.
_BUCKET_BITS = 64
_MAPPED = IPv6Network("::ffff:0:0/96")


def parse_address(text: str) -> Address | None:
    """The address in a text, without port or zone, IPv4 in its own form; None if it has none."""
    return _parse(text) if len(text) <= _CHARS_MAX else None


@lru_cache(maxsize=4096)
def _parse(text: str) -> Address | None:
    if match := _WITH_PORT.fullmatch(text):
        text = match[1] or match[2]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def unmapped(network: Network) -> Network:
    """A network of IPv4 addresses in IPv6 form as one of IPv4; any other as it is."""
    if isinstance(network, IPv4Network) or not network.subnet_of(_MAPPED):
        return network
    first = int(network.network_address) & 0xFFFF_FFFF
    return IPv4Network((first, network.prefixlen - _MAPPED.prefixlen))


def canonical(text: str) -> str:
    """The one spelling of an address; anything else as it is, cut."""
    return str(parse_address(text) or text[:_CHARS_MAX])


def bucket_of(text: str) -> str:
    """What limits count an address under: itself, or the /64 of an IPv6 address."""
    address = parse_address(text)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), _BUCKET_BITS), strict=False))
    return canonical(text)
