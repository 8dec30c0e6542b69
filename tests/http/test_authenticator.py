"""Whose address a request comes from, behind proxies and without."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from app.domain.capture.client_address import bucket_of
from app.http.authenticator import RequestAuthenticator
from app.http.tenant_cache import TenantCache
from app.storage.database import drop_connection, open_database


@pytest.fixture
def tenants() -> Iterator[TenantCache]:
    """A cache that is never asked."""
    database = open_database("postgresql://nobody@127.0.0.1:1/none")
    yield TenantCache(database)
    drop_connection(database)


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded_for", "address"),
    [
        (None, "203.0.113.1", "198.51.100.1", "203.0.113.1"),
        ("10.0.0.0/8", "203.0.113.1", "198.51.100.1", "203.0.113.1"),
        ("10.0.0.0/8", "10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.0/8", "10.1.2.3", "spoofed, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.0/8", "10.1.2.3", "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.0/8", "10.1.2.3", None, "10.1.2.3"),
        ("10.0.0.0/8", "10.1.2.3", " , ", "10.1.2.3"),
        ("::1/128", "::1", "2001:DB8:0::1", "2001:db8::1"),
        ("10.0.0.0/8", None, "198.51.100.1", "unknown"),
        # Azure and IIS append the port; a trusted hop with one is still trusted.
        ("10.0.0.0/8", "10.1.2.3", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.0/8", "10.1.2.3", "198.51.100.1:1, 10.9.9.9:2", "198.51.100.1"),
        ("10.0.0.0/8", "10.1.2.3", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.0/8", "10.1.2.3", "[2001:db8::1]", "2001:db8::1"),
        # A socket on :: says IPv4 peers like this.
        ("10.0.0.0/8", "::ffff:10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.0/8", "10.1.2.3", "::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.0/104", "::ffff:10.1.2.3", "198.51.100.1", "198.51.100.1"),
        (None, "::ffff:203.0.113.1", None, "203.0.113.1"),
        ("fe80::/10", "fe80::1%eth0", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.0/8", "10.1.2.3", "x" * 500, "x" * 64),
    ],
)
def test_only_a_trusted_proxy_is_believed_whom_it_speaks_for(
    tenants: TenantCache,
    trusted: str | None,
    peer: str | None,
    forwarded_for: str | None,
    address: str,
) -> None:
    networks = [ip_network(trusted)] if trusted else []
    authenticator = RequestAuthenticator(tenants, "rex.test", "acme", networks)

    assert authenticator.client_address(peer, forwarded_for) == address


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("unknown", "unknown"),
    ],
)
def test_an_ipv6_network_of_64_bits_is_one_bucket(address: str, bucket: str) -> None:
    assert bucket_of(address) == bucket


@pytest.mark.parametrize(
    ("peers", "warnings"),
    [
        (["127.0.0.1", "::1", "::ffff:127.0.0.1"], 0),
        (["8.8.8.8"], 0),
        (["127.0.0.1", "10.1.2.3", "10.1.2.4"], 1),
        (["unknown"], 1),
    ],
)
def test_a_shared_address_is_warned_of_once_but_not_on_a_laptop(
    tenants: TenantCache, caplog: pytest.LogCaptureFixture, peers: list[str], warnings: int
) -> None:
    authenticator = RequestAuthenticator(tenants, "rex.test", "acme", [])
    for peer in peers:
        authenticator.client_address(peer, None)

    assert [r.message for r in caplog.records] == ["ingress.shared_address"] * warnings
