"""Whether a webhook leads to our own `POST /capture`: there each lead would make another."""

from __future__ import annotations

from ipaddress import ip_address
from posixpath import normpath
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from app.domain.webhook.target import DEFAULT_PORTS

_PATH = "/capture"


class OwnHosts(NamedTuple):
    """Where this product is reached: under a domain, on a port, and as a caller just did."""

    base_domain: str
    port: int
    #: The caller's Host header: a name or address, perhaps with a port.
    host: str


def is_own_capture(url: str, own: OwnHosts) -> bool:
    """Whether a canonical webhook URL (see `app.domain.webhook.target`) is our own `/capture`."""
    parts = urlsplit(url)
    if "/" + normpath(unquote(parts.path)).strip("/") != _PATH:
        return False
    host, port = str(parts.hostname), _port(parts)
    caller = urlsplit(f"{parts.scheme}://{own.host.lower()}")
    if (host, port) == (caller.hostname, _port(caller)):
        return True
    if _is_loopback(host):
        return port in (own.port, _port(caller))
    return host == own.base_domain or host.endswith("." + own.base_domain)


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError:
        return 0


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
