"""Which pages may capture for an org that names the origins that may."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.domain.errors import Forbidden
from app.domain.org.org import Org
from app.ingress.head import Head

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
#: What is counted of an origin's name.
_CHARS_MAX = 100
#: Why a capture is quarantined whose page hides where it is.
HIDDEN_PAGE = "the page hid its address (Origin: null)"


class OriginRefused(Forbidden):
    """This form is not set up for the page that it is on. Please tell the owner of the page."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self.origin = origin[:_CHARS_MAX]


def check_origin(org: Org, head: Head) -> str | None:
    """Raise `OriginRefused` for a page that may not capture; why to quarantine, if there is cause.

    A request without Origin does not come from a page's script; a key, or none, decides then. A
    page that is sandboxed or sent on by a redirect says `null`: its Referer tells where it is.
    """
    allowed = org.settings.allowed_origins
    if head.origin is None or not allowed:
        return None
    origin: str | None = head.origin
    if origin == "null":
        origin = _origin_of(head.referrer) if head.referrer else None
    if origin is None:
        return HIDDEN_PAGE
    if origin not in allowed and not _is_own(origin, head.host):
        raise OriginRefused(origin)
    return None


def _origin_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    netloc = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))
    return f"{parts.scheme}://{netloc}" if netloc and parts.scheme in _DEFAULT_PORTS else None


def _is_own(origin: str, host: str) -> bool:
    """Whether a page of ours sent it, by whichever scheme: TLS may end before this process."""
    scheme, _, netloc = origin.lower().partition("://")
    return netloc == host.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ""))
