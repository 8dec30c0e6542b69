"""Where a lead came from: what it says itself, or else what its first touch shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from app.domain.touch.first_touch import PAID_CLICK_IDS, SOCIAL_CLICK_ID

#: Words of a `utm_medium` and the source that each one shows, the first match standing.
_MEDIA = (
    ("paid", frozenset(["cpc", "ppc", "cpm", "cpv", "cpa", "display", "banner", "retargeting"])),
    ("email", frozenset(["email", "mail", "newsletter"])),
    ("social", frozenset(["social"])),
)
_WORDS = re.compile(r"[a-z]+")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+")


def derive_source(metadata: Mapping[str, object], page_host: str | None = None) -> str:
    """The source that metadata shows: paid, email, social, referral, or else organic.

    A referrer counts when it is another site than the page; the page's host is that of
    `landing_page`, else `page_host`; when neither is known, any referrer is another site.
    """
    click_ids = PAID_CLICK_IDS.intersection(metadata)
    if click_ids and any(metadata[click_id] for click_id in click_ids):
        return "paid"
    medium = _text(metadata.get("utm_medium")).lower()
    if medium and (source := _source_of_medium(medium)):
        return source
    if metadata.get(SOCIAL_CLICK_ID):
        return "social"
    referrer = _text(metadata.get("referrer"))
    if referrer and _is_outside(_host(referrer), _text(metadata.get("landing_page")), page_host):
        return "referral"
    return "organic"


def _source_of_medium(medium: str) -> str | None:
    words = _WORDS.findall(medium.replace("e-mail", "email"))
    if any(word.startswith("paid") for word in words):
        return "paid"
    for source, media in _MEDIA:
        if not media.isdisjoint(words):
            return source
    return None


def _is_outside(referrer: str | None, landing_page: str, page_host: str | None) -> bool:
    if referrer is None:
        return False
    # Without its scheme, a landing page is as likely a path as a host.
    page = (_host(landing_page) if "//" in landing_page else None) or _host(page_host or "")
    return page is None or not _same_site(referrer, page)


def _same_site(one: str, other: str) -> bool:
    return one == other or one.endswith("." + other) or other.endswith("." + one)


def _host(url: str) -> str | None:
    """The host of a URL, or of one without its scheme, without `www.`; None: it has none."""
    try:
        host = urlsplit(url if "//" in url else "//" + url).hostname or ""
    except ValueError:
        return None
    return host.removeprefix("www.") if _HOST.fullmatch(host) else None


def _text(value: object) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, str) else ""
