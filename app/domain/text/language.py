"""Which language to speak with somebody, by their Accept-Language header (RFC 9110 12.5.4)."""

from __future__ import annotations

from collections.abc import Collection

#: What of a header is read.
_CHARS_MAX = 500
_RANGES_MAX = 30


def best_language(accept: str | None, known: Collection[str], default: str = "en") -> str:
    """The known language that is wanted most: `de` for `de-AT, en;q=0.5`. `*` is the default."""
    wanted = [_range(each) for each in (accept or "")[:_CHARS_MAX].split(",")[:_RANGES_MAX]]
    for language, quality in sorted(wanted, key=lambda pair: -pair[1]):
        if quality > 0 and language in known:
            return language
        if quality > 0 and language == "*":
            return default
    return default


def _range(text: str) -> tuple[str, float]:
    """The primary language of a range, and how much it is wanted, from 0 to 1."""
    tag, _, parameters = text.strip().partition(";")
    name, _, value = parameters.strip().partition("=")
    quality = 1.0
    if name.strip().lower() == "q":
        try:
            quality = float(value)
        except ValueError:
            quality = 0.0
    return tag.strip().partition("-")[0].lower(), quality if 0 <= quality <= 1 else 0.0
