"""Links that visitors send and that somebody will click on."""

from __future__ import annotations

import re

_SCHEME = re.compile(r"\s*([a-zA-Z][a-zA-Z0-9+.\-\s]*):")


def is_web_url(text: str) -> bool:
    """Whether a link is to a page: http, https, or without a scheme (`linkedin.com/in/ann`).

    A scheme in disguise counts as one: browsers ignore line breaks and tabs in it.
    """
    scheme = _SCHEME.match(text[:100])
    return scheme is None or scheme[1].lower() in ("http", "https")
