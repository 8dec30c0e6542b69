"""Whose address a request comes from, behind proxies and without."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

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
