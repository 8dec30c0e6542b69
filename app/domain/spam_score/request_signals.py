"""Signals in how a capture was sent: what the form measured, and the request's headers."""

from __future__ import annotations

import re
from functools import lru_cache

from app.domain.spam_score.facts import Facts

_HASTY_MS = 3000
_INSTANT_MS = 800
_TOOL = re.compile(
    r"curl|wget|python|httpx|aiohttp|scrapy|go-http|java/|okhttp|libwww|perl|ruby|headless"
    r"|phantomjs|node-fetch|axios|undici|guzzle|winhttp|zgrab|httpclient",
    re.I,
)


def was_timed(facts: Facts) -> bool:
    """Whether the form sent its fill time."""
    return facts.capture.fill_ms is not None or facts.capture.honeypot


def honeypot(facts: Facts) -> bool:
    """A field that people do not see was filled in."""
    return facts.capture.honeypot


def hasty(facts: Facts) -> bool:
    """Filled in faster than most people type."""
    taken = facts.capture.fill_ms
    return taken is not None and taken < _HASTY_MS


def instant(facts: Facts) -> bool:
    """Filled in faster than anybody can, a password manager aside."""
    taken = facts.capture.fill_ms
    return taken is not None and taken < _INSTANT_MS


def is_odd(facts: Facts) -> bool:
    """Whether there is anything odd about the request."""
    capture = facts.capture
    return capture.without_language or capture.without_page or _is_tool(capture.user_agent)


def no_user_agent(facts: Facts) -> bool:
    """No User-Agent header."""
    return not facts.capture.user_agent


def tool(facts: Facts) -> bool:
    """A program that is no browser; some are integrations."""
    return bool(facts.capture.user_agent) and _is_tool(facts.capture.user_agent)


def false_browser(facts: Facts) -> bool:
    """Says that it is a browser, and lacks the headers that every browser sends."""
    capture = facts.capture
    claims = (capture.user_agent or "").startswith("Mozilla/")
    return claims and (capture.without_language or capture.without_page)


@lru_cache(maxsize=2048)
def _is_tool(user_agent: str | None) -> bool:
    """Whether it is no browser's; none is not."""
    return not user_agent or bool(_TOOL.search(user_agent))
