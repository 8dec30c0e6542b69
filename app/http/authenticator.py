"""Who is calling: the org that a host name stands for, the key, the client's address."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from app.domain.capture.client_address import canonical, parse_address, unmapped
from app.domain.errors import NotFound, Unauthenticated, Unavailable, WrongScope
from app.domain.org.api_key import ApiKey, allows
from app.domain.org.org import Org, slug_of_host
from app.http.tenant_cache import TenantCache
from config.settings import Network

log = logging.getLogger(__name__)
Caller = TypeVar("Caller")


class RequestAuthenticator:
    """Tells who is calling, from what a request's head says."""

    def __init__(
        self,
        tenants: TenantCache,
        base_domain: str,
        default_org: str,
        trusted_proxies: Sequence[Network],
    ) -> None:
        self._tenants = tenants
        self._base_domain = base_domain
        self._default_org = default_org
        self._trusted = tuple(map(unmapped, trusted_proxies))
        #: Failed authentications by org and error code, to be noted in the audit log.
        self.failures: Counter[tuple[str, str]] = Counter()
        self._warned = False

    async def identified(
        self, host: str, key_text: str | None, identify: Callable[[], Caller]
    ) -> Caller:
        """What `identify` finds; again after asking what is new if it met an unknown org or key.

        Raises what `identify` raises.
        """
        slug = self._slug_at(host)
        try:
            try:
                return identify()
            except (Unauthenticated, NotFound):
                await self._tenants.learn(slug, key_text)
                return identify()
        except (Unauthenticated, WrongScope) as error:
            if org := self._tenants.org_named(slug):
                self.failures[org.id, error.code] += 1
            raise

    async def org_of(self, host: str) -> Org:
        """The org of a request to that host, looked up if it is new. Raises as `org_at` does."""
        return await self.identified(host, None, lambda: self.org_at(host))

    def _slug_at(self, host: str) -> str:
        return slug_of_host(host, self._base_domain) or self._default_org

    def org_at(self, host: str) -> Org:
        """The org of a request to that host. Raises `NotFound`, or `Unavailable` at first."""
        org = self._tenants.org_named(self._slug_at(host))
        if org is None:
            if not self._tenants.loaded:
                raise Unavailable("Starting: the database cannot be reached yet")
            raise NotFound("There is nothing at this host name")
        return org

    def key_for(self, org: Org, text: str | None, method: str, path: str) -> ApiKey:
        """The valid key of a keyed request. Raises `Unauthenticated` or `Forbidden`."""
        key = self._tenants.key(text) if text else None
        if key is None or key.org_id != org.id:
            raise Unauthenticated
        if not allows(key.scope, method, path):
            raise WrongScope(f"A key with scope {key.scope} may not {method} {path}")
        return key

    def client_address(self, peer: str | None, forwarded_for: str | None) -> str:
        """The peer's address, or the nearest untrusted one of X-Forwarded-For behind proxies."""
        address = peer or "unknown"
        if not self._trusted:
            self._warn_of_shared_address(address)
            return canonical(address)
        hops = [hop for hop in (forwarded_for or "").split(",") if hop.strip()]
        while hops and self._is_trusted(address):
            address = hops.pop().strip()
        return canonical(address)

    def is_https(self, peer: str | None, scheme: str, forwarded_proto: str | None) -> bool:
        """Whether the client speaks TLS, to us or to a trusted proxy before us."""
        if peer and forwarded_proto and self._is_trusted(peer):
            return forwarded_proto.rpartition(",")[2].strip().lower() == "https"
        return scheme == "https"

    def _is_trusted(self, address: str) -> bool:
        parsed = parse_address(address)
        return parsed is not None and any(parsed in network for network in self._trusted)

    def _warn_of_shared_address(self, address: str) -> None:
        if self._warned:
            return
        parsed = parse_address(address)
        if parsed is None or (parsed.is_private and not parsed.is_loopback):
            self._warned = True
            log.warning(
                "ingress.shared_address",
                extra={
                    "peer": address,
                    "hint": "callers seem to come through a proxy and share one address and its"
                    " limit: set TRUSTED_PROXIES",
                },
            )
