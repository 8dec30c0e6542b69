"""Checks the settings about callers, and what the load balancer sends."""

from __future__ import annotations

import ipaddress
from collections import Counter
from typing import NamedTuple

from app.domain.system.finding import Outcome, ok, warning
from app.monitoring.system import System
from app.storage.database import transaction
from app.storage.figures import recent
from config.settings import Settings

#: Captures from which on it says something that all have one address.
ADDRESSES_MIN = 20
SHARE_MAX = 0.9
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Facts(NamedTuple):
    """Who called lately, and the settings."""

    settings: Settings
    #: Client addresses of the latest captures.
    addresses: list[str]

    @property
    def is_local(self) -> bool:
        """Whether this is no public system."""
        return self.settings.base_domain in ("localhost", "rex.test")


def gather(system: System) -> Facts:
    """Look at the latest captures."""
    with transaction(system.database) as cursor:
        found = recent.client_addresses(cursor)
    return Facts(system.settings, [each for each in found if each])


def visitors_have_addresses(facts: Facts) -> Outcome:
    """Captures do not all seem to come from one private address, the balancer's."""
    if len(facts.addresses) < ADDRESSES_MIN:
        return ok(f"{len(facts.addresses)} captures: too few to tell")
    ((address, count),) = Counter(facts.addresses).most_common(1)
    share = count / len(facts.addresses)
    if share > SHARE_MAX and _is_private(address) and not facts.is_local:
        return warning(
            f"{share:.0%} of the latest captures came from {address}",
            f"if that is your balancer, add it to TRUSTED_PROXIES={address} and let it send"
            " X-Forwarded-For (docs/reverse-proxy.md): now all visitors share one limit",
        )
    count = len(set(facts.addresses))
    noun = "address" if count == 1 else "addresses"
    return ok(f"{count} client {noun} in the latest {len(facts.addresses)} captures")


def proxies_are_narrow(facts: Facts) -> Outcome:
    """TRUSTED_PROXIES names a few addresses, not the whole internet."""
    wide = [each for each in facts.settings.trusted_proxies if not each.is_private]
    wide = [each for each in wide if each.num_addresses > 2**16]
    if wide:
        return warning(
            f"TRUSTED_PROXIES has {wide[0]}: anybody in it can claim any address",
            "name the addresses of your proxies only",
        )
    count = len(facts.settings.trusted_proxies)
    return ok(f"{count} networks" if count else "no proxy is trusted")


def listens_behind_a_proxy(facts: Facts) -> Outcome:
    """web listens on loopback, or knows the proxy in front of it."""
    if facts.settings.host in _LOOPBACK or facts.settings.trusted_proxies or facts.is_local:
        return ok(f"HOST={facts.settings.host}")
    return warning(
        f"HOST={facts.settings.host} without TRUSTED_PROXIES",
        "put a proxy with TLS in front (docs/reverse-proxy.md) and name it in TRUSTED_PROXIES",
    )


def receivers_are_public(facts: Facts) -> Outcome:
    """ALLOW_PRIVATE_WEBHOOKS is for development."""
    if facts.settings.allow_private_webhooks and not facts.is_local:
        return warning(
            "ALLOW_PRIVATE_WEBHOOKS=1: whoever has a key can reach your internal network",
            "remove it; list what must be reachable by a public name instead",
        )
    return ok("private addresses are refused" if not facts.is_local else "a local system")


def the_queue_must_be_durable(facts: Facts) -> Outcome:
    """ALLOW_VOLATILE_QUEUE is not set."""
    if facts.settings.allow_volatile_queue:
        return warning(
            "ALLOW_VOLATILE_QUEUE=1: an accepted capture may be lost",
            "remove it, with Redis at appendonly yes and appendfsync always",
        )
    return ok("ALLOW_VOLATILE_QUEUE=0")


def _is_private(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False


CHECKS = (
    *(visitors_have_addresses, proxies_are_narrow, listens_behind_a_proxy, receivers_are_public),
    the_queue_must_be_durable,
)
