"""Text from outside, made storable: the one place where it is normalised and stripped.

Whatever comes out can be kept anywhere: no control characters (a line break or a tab stays), no
NUL, no lone surrogates, Unicode NFC, no white space around it. Cleaning a clean text changes
nothing. The time taken grows with the length of the text and with nothing else.

`normalize("NFC")` sorts the marks of each base character, in quadratic time. So a run of marks is
cut to 30 first, as in the Stream-Safe Text Format (UAX #15): no language comes near it.
"""

from __future__ import annotations

import re
from unicodedata import combining, normalize

#: Marks (non-starters) in a row that are kept, by UAX #15.
MARKS_MAX = 30

# Besides white space: zero-width space, word joiner, byte order mark and the marks of writing
# direction, which come along unseen when a phone number or an address is copied from a page.
_WHITE_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_UNSEEN = "\u200b\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_TRIMMED = _WHITE_SPACE + _UNSEEN

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+")
_ASCII_CONTROLS: dict[int, None] = dict.fromkeys(
    code for code in range(128) if _CONTROL.match(chr(code))
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")

# Whether a text may hold a run of marks that is too long. No mark is a word character, and the
# look-behind lets a match start nowhere but at the beginning of a run: one pass.
_MAYBE_LONG_RUN = re.compile(rf"(?<![^\w\0-\x7f])[^\w\0-\x7f]{{{MARKS_MAX + 1}}}")
# The same in a text's combining classes, one byte for each character.
_LONG_RUN = re.compile(rb"(?<![^\0])[^\0]{%d}([^\0]+)" % MARKS_MAX)
# Taken apart in advance: three Tibetan vowels of class 0 that are marks once they are (and so would
# escape the bound), and musical notes, on which `normalize` spends a microsecond each.
_WHOLE = (
    "\u0f73\u0f75\u0f81"
    "\U0001d15e\U0001d15f\U0001d160\U0001d161\U0001d162\U0001d163\U0001d164"
    "\U0001d1bb\U0001d1bc\U0001d1bd\U0001d1be\U0001d1bf\U0001d1c0"
)
_ANY_WHOLE = re.compile(f"[{_WHOLE}]")
_APART = {whole: normalize("NFD", whole) for whole in _WHOLE}
# What most texts have nothing of.
_ODD = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff{_WHOLE}]")


def clean_text(text: str) -> str:
    """The text as it can be stored. A lone surrogate becomes U+FFFD."""
    if text.isascii():
        return (text if text.isprintable() else text.translate(_ASCII_CONTROLS)).strip()
    return clean_unicode(text, odd=is_odd(text))


def clean_unicode(text: str, *, odd: bool) -> str:
    """The same of a text beyond ASCII of which `is_odd` is known."""
    if odd:
        text = _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))
        for whole in _APART.keys() & text:
            text = text.replace(whole, _APART[whole])
    if len(text) <= MARKS_MAX or not _MAYBE_LONG_RUN.search(text):
        return normalize("NFC", text).strip(_TRIMMED)
    text = normalize("NFC", _bound_marks(text))
    if _MAYBE_LONG_RUN.search(text):  # a base character may have had a mark of its own inside
        text = _bound_marks(text)
    return text.strip(_TRIMMED)


def is_odd(text: str) -> bool:
    """Whether something must be taken out of a text, or apart: of most, nothing must."""
    return _ODD.search(text) is not None


def comes_apart(text: str) -> bool:
    """Whether it has characters that are taken apart in advance: each costs as much as five."""
    return _ANY_WHOLE.search(text) is not None


def has_control(text: str) -> bool:
    """Whether the text holds a control character that is no line break and no tab."""
    return _CONTROL.search(text) is not None


def has_surrogate(text: str) -> bool:
    """Whether the text holds half of a surrogate pair, as broken JSON escapes do."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def one_line(text: str) -> str:
    """A clean text with single blanks for its line breaks, tabs and odd white space."""
    return text if text.isprintable() else " ".join(text.split())


def _bound_marks(text: str) -> str:
    """The text with at most `MARKS_MAX` marks in a row; further ones of a run are dropped."""
    kept, start = [], 0
    for run in _LONG_RUN.finditer(bytes(map(combining, text))):
        kept.append(text[start : run.start(1)])
        start = run.end(1)
    return "".join([*kept, text[start:]])
