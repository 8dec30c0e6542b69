"""Which addresses a delivery may connect to."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Where plain IPv6 unicast is; nothing outside has been handed out.
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def _networks(table: Mapping[str, str]) -> tuple[tuple[Network, str], ...]:
    return tuple((ip_network(network), kind) for network, kind in table.items())


_PRIVATE = _networks(
    {
        "127.0.0.0/8": "a loopback address",
        "10.0.0.0/8": "a private address",
        "172.16.0.0/12": "a private address",
        "192.168.0.0/16": "a private address",
        "::1/128": "a loopback address",
        "fc00::/7": "a private address",
    }
)

# `is_global` lets several of these pass (translation prefixes, multicast, 192.88.99.0/24),
# and each of them can lead to an inside address or to many hosts.
_CLOSED = _networks(
    {
        "169.254.169.254/32": "a cloud metadata address",
        "100.100.100.200/32": "a cloud metadata address",
        "168.63.129.16/32": "a cloud metadata address",
        "fd00:ec2::254/128": "a cloud metadata address",
        "fd20:ce::254/128": "a cloud metadata address",
        "0.0.0.0/8": "an unspecified address",
        "100.64.0.0/10": "a carrier's shared address",
        "169.254.0.0/16": "a link-local address",
        "192.0.0.0/24": "a protocol assignment",
        "192.0.2.0/24": "a documentation address",
        "192.88.99.0/24": "a 6to4 relay address",
        "198.18.0.0/15": "a benchmark address",
        "198.51.100.0/24": "a documentation address",
        "203.0.113.0/24": "a documentation address",
        "224.0.0.0/4": "a multicast address",
        "255.255.255.255/32": "a broadcast address",
        "240.0.0.0/4": "a reserved address",
        "::/128": "an unspecified address",
        "::ffff:0:0/96": "an IPv4 address in IPv6 form",
        "::ffff:0:0:0/96": "an IPv4 address in IPv6 form",
        "64:ff9b::/96": "a NAT64 address",
        "64:ff9b:1::/48": "a NAT64 address",
        "100::/64": "a discard address",
        "2001::/32": "a Teredo address",
        "2001::/23": "a protocol assignment",
        "2001:db8::/32": "a documentation address",
        "2002::/16": "a 6to4 address",
        "3fff::/20": "a documentation address",
        "fe80::/10": "a link-local address",
        "fec0::/10": "a site-local address",
        "ff00::/8": "a multicast address",
    }
)


#: Prefix lengths of NAT64 networks (RFC 6052) short enough for an octet of zeros (bits 64 to 71).
_NAT64_LENGTHS = (32, 40, 48, 56, 64)
#: What a network may route anywhere: the interface ids ::5efe:a.b.c.d and ::200:5efe:a.b.c.d.
_ISATAP = 0x0000_5EFE
_UNIVERSAL_BIT = 0x0200_0000
_THIS_NETWORK = IPv4Network("0.0.0.0/8")


def refusal(
    address: Address, *, allow_private: bool, blocked: Sequence[Network] = ()
) -> str | None:
    """Say what kind of address this is if it may not be connected to; None if it may.

    Private ones (loopback, RFC 1918, unique local) are open with `allow_private`; everything
    else that is not plain public unicast stays closed, cloud metadata services above all, and
    so do the networks in `blocked`.
    """
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "an address with a zone"
    if any(address in network for network in blocked):
        return "an address that the operator has blocked"
    for network, kind in _CLOSED:
        if address in network:
            return kind
    for network, kind in _PRIVATE:
        if address in network:
            return None if allow_private else kind
    if isinstance(address, IPv6Address):
        return _ipv6_refusal(address, allow_private=allow_private, blocked=blocked)
    return None if address.is_global else "a reserved address"


def _ipv6_refusal(
    address: IPv6Address, *, allow_private: bool, blocked: Sequence[Network]
) -> str | None:
    if address not in _GLOBAL_UNICAST or not address.is_global:
        return "a reserved address"
    if (int(address) >> 32) & 0xFFFF_FFFF & ~_UNIVERSAL_BIT == _ISATAP:
        return "an ISATAP address"
    for inner in _translated(int(address)):
        if inner not in _THIS_NETWORK and refusal(
            inner, allow_private=allow_private, blocked=blocked
        ):
            return "an address that leads to an IPv4 address inside"
    return None


def _translated(address: int) -> Iterator[IPv4Address]:
    """The IPv4 addresses that a NAT64 gateway with a prefix of its own would read from this one.

    Its prefix is not known, so every length that RFC 6052 allows is tried; the bits that must be
    zero keep ordinary addresses out.
    """
    if (address >> 32) & 0xFFFF_FFFF == 0:
        yield IPv4Address(address & 0xFFFF_FFFF)
    if (address >> 56) & 0xFF == 0:
        bits = (address >> 64 << 56) | (address & (1 << 56) - 1)
        for length in _NAT64_LENGTHS:
            suffix_length = 120 - length - 32
            if bits & (1 << suffix_length) - 1 == 0:
                yield IPv4Address((bits >> suffix_length) & 0xFFFF_FFFF)
