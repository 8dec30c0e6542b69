"""Signals in who is said to write: the address, the names, the phone number."""

from __future__ import annotations

import re

from disposable_email_domains import blocklist

from app.domain.spam.facts import Facts
from app.domain.spam.gibberish import is_gibberish

_LINK = re.compile(
    r"://|www\.|\.(?:com|net|org|ru|info|biz|xyz|top|site|online|club|io|shop)\b", re.I
)
_ODD_IN_NAMES = re.compile(r"[<>{}\[\]=$*|\\%#@]|\d{3}")
_LATIN, _CYRILLIC = re.compile(r"[A-Za-z]"), re.compile(r"[Ѐ-ӿ]")
#: Mailboxes that ignore dots: many of them make one address look like many.
_DOTS_IGNORED = frozenset(["gmail.com", "googlemail.com"])
_DOTS_MIN = 4
_NAME_CHARS_MAX = 60


def disposable_domain(facts: Facts) -> bool:
    """An address of a mailbox that is thrown away, on the domain or one above it."""
    domain = facts.domain
    while "." in domain:
        if domain in blocklist:
            return True
        domain = domain.partition(".")[2]
    return False


def dotted_address(facts: Facts) -> bool:
    """`a.n.n.l.e.e@gmail.com`."""
    return facts.domain in _DOTS_IGNORED and facts.local.count(".") >= _DOTS_MIN


def gibberish_address(facts: Facts) -> bool:
    """`xkqjzvbw@…`."""
    return is_gibberish(facts.local)


def gibberish_name(facts: Facts) -> bool:
    """`JyQkXbTzWl`."""
    return any(map(is_gibberish, facts.names))


def link_in_name(facts: Facts) -> bool:
    """A name that is an advertisement."""
    return any(_LINK.search(name) for name in facts.names)


def odd_name(facts: Facts) -> bool:
    """Signs that no name has, three digits in a row, or a sentence."""
    return any(_ODD_IN_NAMES.search(n) or len(n) > _NAME_CHARS_MAX for n in facts.names)


def mixed_alphabets(facts: Facts) -> bool:
    """Latin and Cyrillic letters in one word, which look the same and are not."""
    texts = [text for text in (*facts.names, facts.prose) if not text.isascii()]
    return any(
        _LATIN.search(word) and _CYRILLIC.search(word) for text in texts for word in text.split()
    )


def same_in_all_fields(facts: Facts) -> bool:
    """One word in name, phone and message alike."""
    capture = facts.capture
    given = [*facts.names, capture.phone, capture.title, facts.prose]
    texts = [text.strip().lower() for text in given if text]
    return len(texts) >= 3 and len(set(texts)) == 1


def phone_without_digits(facts: Facts) -> bool:
    """A phone number that is a word or a link."""
    phone = facts.capture.phone
    return phone is not None and sum(map(str.isdigit, phone)) < 3
