"""An org: the tenant that owns everything else, and what it may set for its captures."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property, lru_cache

import msgspec

from app.domain.org.page_settings import PageSettings
from app.domain.spam.captcha import Captcha
from app.domain.spam.mode import SpamMode
from app.domain.spam.proof import key_of


class OrgSettings(msgspec.Struct, frozen=True):
    """What an org decides about its captures. Absent rates: those of the process's settings."""

    #: Origins whose pages may capture (`https://example.com`); empty: any.
    allowed_origins: tuple[str, ...] = ()
    #: URLs that a plain form may be sent on to; one that ends in `/` allows all below it.
    redirect_targets: tuple[str, ...] = ()
    #: A form filled in faster than this is quarantined; 0: no such rule.
    min_fill_ms: int = 0
    spam_mode: SpamMode = SpamMode.MONITOR
    #: The captcha in its forms, if they have one.
    captcha: Captcha | None = None
    page: PageSettings = PageSettings()
    #: Captures a minute from one client address; 0: no limit.
    capture_rate_per_address: int | None = None
    #: Captures a minute for one target e-mail address; 0: no limit.
    capture_rate_per_email: int | None = None


class Org(msgspec.Struct, frozen=True, dict=True):
    """A tenant. `id_secret` keys the ids of its contacts and never changes."""

    id: str
    slug: str
    created_at: datetime
    id_secret: bytes
    settings: OrgSettings

    @cached_property
    def created_ms(self) -> int:
        """Its creation time in milliseconds since 1970: the time part of its contacts' ids."""
        return round(self.created_at.timestamp() * 1000)

    @cached_property
    def proof_key(self) -> bytes:
        """The key that signs its challenges."""
        return key_of(self.id_secret)


@lru_cache(maxsize=256)
def slug_of_host(host: str, base_domain: str) -> str | None:
    """The org that a host name stands for; None when it is not under the base domain.

    `acme.example.com` and `ACME.example.com:8000` are acme's under `example.com`.
    """
    name = host.rsplit(":", 1)[0].rstrip(".").lower()
    if not name.endswith("." + base_domain):
        return None
    return name[: -len(base_domain) - 1]
