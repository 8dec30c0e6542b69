"""Tells by its letters whether a word was typed at random, in any language with Latin letters.

Names are rich in consonants (Brzęczyszczykiewicz, Schtscherbakow) and short of vowels (Ng, Hrvst),
so only what no language does counts as gibberish.
"""

from __future__ import annotations

import re

#: Shorter words say too little.
LETTERS_MIN = 7
_CHANGES_MIN = 3
_RARE_PAIRS_MIN = 2
_VOWELS_SHARE_MIN = 0.13

_WORD = re.compile(rf"[A-Za-z]{{{LETTERS_MIN},}}")
_CASE_CHANGE = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{6,}")
#: Pairs of letters that names in no language have, or hardly any.
_RARE_PAIR = re.compile(
    r"q(?=[bcdfghjklmnpqrstvwxyz])|[bcdfghjklmpqtvwxz](?=q)|x(?=[bdfgjkmnqrvwz])"
    r"|[bcdfghjkqvwxz](?=x)|j(?=[bcdfghlmnpqrstvwxz])|v(?=[bcfghjkmpqtwxz])|z(?=[fqrx])|w(?=[jqvx])"
    r"|f(?=[bcdghjkmpqvwxz])|g(?=[cfjkpqtvx])|k(?=[bfgpqxz])|p(?=[bdgjkqvxz])|y(?=[jqy])"
)


def is_gibberish(text: str) -> bool:
    """Whether a text has a word that cannot be a name."""
    # Letters with marks are typed on purpose.
    if len(text) < LETTERS_MIN or not text.isascii():
        return False
    return any(_is_random(word) for word in _WORD.findall(text))


def _is_random(word: str) -> bool:
    is_usual = word[1:].islower() or word.isupper()
    if not is_usual and len(_CASE_CHANGE.findall(word)) >= _CHANGES_MIN:
        return True
    word = word.lower()
    return (
        sum(map(word.count, "aeiouy")) < _VOWELS_SHARE_MIN * len(word)
        or len(_RARE_PAIR.findall(word)) >= _RARE_PAIRS_MIN
        or bool(_CONSONANTS.search(word))
    )
