"""Signals in what came before: the same text, a busy address, earlier spam from there."""

from __future__ import annotations

from app.domain.spam_score.facts import Facts

_SAME_TEXT_MIN = 3
_BUSY_ADDRESS_MIN = 10
_BUSY_NETWORK_MIN = 30
_SPAM_FROM_NETWORK_MIN = 3


def is_there(facts: Facts) -> bool:
    """Whether others had enough in common with it: who shares an address shares its network."""
    seen = facts.seen
    return seen.network >= _BUSY_ADDRESS_MIN or seen.network_spam > 0 or seen.text >= _SAME_TEXT_MIN


def same_text(facts: Facts) -> bool:
    """A text that others sent as well; some forms have one written already."""
    return facts.seen.text >= _SAME_TEXT_MIN


def busy_address(facts: Facts) -> bool:
    """Many people behind one address: a flood, an office or a fair."""
    return facts.seen.address >= _BUSY_ADDRESS_MIN


def busy_network(facts: Facts) -> bool:
    """The same of its network."""
    return facts.seen.network >= _BUSY_NETWORK_MIN


def spam_from_address(facts: Facts) -> bool:
    """Earlier spam from the address."""
    return facts.seen.address_spam > 0


def spam_from_network(facts: Facts) -> bool:
    """Repeated spam from the network."""
    return facts.seen.network_spam >= _SPAM_FROM_NETWORK_MIN
