"""Where a plain form may be sent on to."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit


def allowed_redirect(wanted: str | None, targets: Iterable[str]) -> str | None:
    """The wanted URL if the org's list of targets has it; None otherwise.

    A target that ends in `/` allows every URL below it. The URL must be plain http(s) in visible
    ASCII without user info, backslashes or dot segments, so that no browser reads it differently.
    """
    if wanted is None or not _is_unambiguous(wanted):
        return None
    for target in targets:
        if wanted == target or (target.endswith("/") and wanted.startswith(target)):
            return wanted
    return None


def _is_unambiguous(url: str) -> bool:
    if not all("!" <= character <= "~" for character in url) or "\\" in url or len(url) > 2048:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    segments = parts.path.lower().replace("%2e", ".").split("/")
    plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return bool(plain) and ".." not in segments and "." not in segments
