"""Signals in what was written."""

from __future__ import annotations

import re

from app.domain.labels.labels import word_set
from app.domain.spam_score.code import has_code
from app.domain.spam_score.facts import Facts
from app.domain.spam_score.gibberish import is_gibberish

_MANY_LINKS = 3
_TWO_WORDS_CHARS_MAX = 60
_SHOUTED_LETTERS_MIN = 40
_MARKUP = re.compile(r"<a\s|\[(?:url|link|img)\b|<h[1-6]\b|<iframe|<img\s")
#: Where registration costs next to nothing.
_RISKY_ENDINGS = (
    *(".ru", ".su", ".top", ".xyz", ".club", ".click", ".icu", ".buzz", ".online", ".site"),
    *(".shop", ".win", ".loan", ".bid", ".tk", ".ml", ".ga", ".cf", ".gq", ".cyou", ".monster"),
    *(".quest", ".rest", ".fun", ".vip", ".live", ".pro", ".lol"),
)
#: Hosts that hide where a link goes, and messengers.
_RISKY_HOSTS = word_set("bit.ly tinyurl.com t.me telegra.ph goo.su cutt.ly is.gd clck.ru wa.me")


def is_there(facts: Facts) -> bool:
    """Whether anything was written."""
    return bool(facts.prose)


def link(facts: Facts) -> bool:
    """A link in the text."""
    return bool(facts.hosts)


def many_links(facts: Facts) -> bool:
    """Several links in the text."""
    return len(facts.hosts) >= _MANY_LINKS


def risky_link(facts: Facts) -> bool:
    """A link to where spam lives: cheap domains, shorteners, messengers."""
    return any(host in _RISKY_HOSTS or host.endswith(_RISKY_ENDINGS) for host in facts.hosts)


def markup(facts: Facts) -> bool:
    """A link as HTML or BBCode: written for a page, not for a reader."""
    return ("<" in facts.prose or "[" in facts.prose) and bool(_MARKUP.search(facts.lower))


def code(facts: Facts) -> bool:
    """Scripts and SQL, as scanners try them, in any text."""
    return (
        facts.names.has_code
        or (bool(facts.lower) and has_code(facts.lower))
        or _has_code(facts.capture.phone)
        or _has_code(facts.capture.title)
    )


def _has_code(text: str | None) -> bool:
    # A number has no letters, and code has.
    return text is not None and text.upper() != text.lower() and has_code(text.lower())


def offer(facts: Facts) -> bool:
    """A phrase of those who sell to strangers."""
    return facts.offers > 0


def several_offers(facts: Facts) -> bool:
    """Two such phrases."""
    return facts.offers > 1


def many_offers(facts: Facts) -> bool:
    """Three such phrases."""
    return facts.offers > 2


def gibberish_text(facts: Facts) -> bool:
    """A text of one or two random words."""
    prose = facts.prose
    return len(prose) <= _TWO_WORDS_CHARS_MAX and len(prose.split()) <= 2 and is_gibberish(prose)


def shouting(facts: Facts) -> bool:
    """A longer text in capitals."""
    return len(facts.prose) >= _SHOUTED_LETTERS_MIN and facts.prose.isupper()
