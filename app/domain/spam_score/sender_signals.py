"""Signals in the sender: the address, the names, the phone number."""

from __future__ import annotations

import re
from functools import lru_cache

from app.domain.spam_score.facts import Facts
from app.domain.spam_score.gibberish import is_gibberish
from app.domain.spam_score.names import mixes_alphabets

_THREE_DIGITS = re.compile(r"\d\D*\d\D*\d")
#: Mailboxes that ignore dots: many of them make one address look like many.
_DOTS_IGNORED = frozenset(["gmail.com", "googlemail.com"])
_DOTS_MIN = 4


def is_domain_known(facts: Facts) -> bool:
    """Whether its domain says anything."""
    return facts.domain in _DOTS_IGNORED or _is_disposable(facts.domain)


def disposable_domain(facts: Facts) -> bool:
    """An address of a mailbox that is thrown away, on the domain or one above it."""
    return _is_disposable(facts.domain)


@lru_cache(maxsize=4096)
def _is_disposable(domain: str) -> bool:
    # With the first capture: 2 MB that the scheduler hardly ever needs.
    from disposable_email_domains import blocklist

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


def has_odd_name(facts: Facts) -> bool:
    """Whether there is anything odd about the names."""
    names = facts.names
    return names.is_odd or names.is_gibberish or names.has_link


def gibberish_name(facts: Facts) -> bool:
    """`JyQkXbTzWl`."""
    return facts.names.is_gibberish


def link_in_name(facts: Facts) -> bool:
    """A name that is an advertisement."""
    return facts.names.has_link


def odd_name(facts: Facts) -> bool:
    """Signs that no name has, three digits in a row, or a sentence."""
    return facts.names.is_odd


def mixed_alphabets(facts: Facts) -> bool:
    """Latin and Cyrillic letters in one word, which look the same and are not."""
    return facts.names.has_mixed_alphabets or mixes_alphabets(facts.prose)


def same_in_all_fields(facts: Facts) -> bool:
    """One word in name, phone and message alike."""
    names, capture = facts.names, facts.capture
    if names.texts and not names.are_one:
        return False
    texts = [t for t in (*names.texts, capture.phone, capture.title, facts.prose) if t]
    return len(texts) > 2 and len({text.strip().lower() for text in texts}) == 1


def phone_without_digits(facts: Facts) -> bool:
    """A phone number that is a word or a link."""
    phone = facts.capture.phone
    return phone is not None and not _THREE_DIGITS.search(phone)
