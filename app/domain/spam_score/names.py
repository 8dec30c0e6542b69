"""What names reveal; read once per name, since names repeat."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from app.domain.spam_score.code import has_code
from app.domain.spam_score.gibberish import is_gibberish

#: Names that are remembered; each has at most 200 characters.
NAMES_KEPT = 4096

_LINK = re.compile(
    r"://|www\.|\.(?:com|net|org|ru|info|biz|xyz|top|site|online|club|io|shop)\b", re.IGNORECASE
)
_ODD = re.compile(r"[<>{}\[\]=$*|\\%#@]|\d{3}")
_LATIN, _CYRILLIC = re.compile(r"[A-Za-z]"), re.compile(r"[Ѐ-ӿ]")
_CHARS_MAX = 60


class Names(NamedTuple):
    """First and last name, and what is odd about either."""

    texts: tuple[str, ...]
    #: Whether first and last name are one word, in any case.
    are_one: bool = False
    has_link: bool = False
    is_odd: bool = False
    is_gibberish: bool = False
    has_mixed_alphabets: bool = False
    has_code: bool = False


@lru_cache(maxsize=NAMES_KEPT)
def read_names(first: str | None, last: str | None) -> Names:
    """The names of a capture."""
    texts = tuple(name for name in (first, last) if name)
    return Names(
        texts,
        len({name.strip().lower() for name in texts}) == 1,
        any(_LINK.search(name) for name in texts),
        any(_ODD.search(name) or len(name) > _CHARS_MAX for name in texts),
        any(map(is_gibberish, texts)),
        any(map(mixes_alphabets, texts)),
        any(has_code(name.lower()) for name in texts),
    )


def mixes_alphabets(text: str) -> bool:
    """Whether a word of it has Latin and Cyrillic letters, which look the same and are not."""
    return not text.isascii() and any(
        _LATIN.search(word) and _CYRILLIC.search(word) for word in text.split()
    )
