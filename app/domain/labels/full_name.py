"""A full name as first and last name: the last word is the last name, with its particles.

Forms of address, titles and what stands behind a name ("Dr.", "Jr.") are part of neither, nor is an
e-mail address. Names in Chinese, Japanese or Korean script begin with the family's.
"""

from __future__ import annotations

import re

from app.domain.labels.labels import FULL_NAME, field_of_label, word_set

_PARTICLES = word_set(
    """af al av bin ben da das de dei del della den der des di do dos du el het ibn la le op 't ten
    ter van von zu zum zur"""
)
_BEFORE = word_set("mr mrs ms miss mx dr prof professor sir madam mme mlle herr frau hr dott mevr")
_BEHIND = word_set("jr sr ii iii iv phd md esq mba cpa dds")
_ADDRESS = re.compile(r"<[^<>]*>|[(\[]?mailto:\S+|\S{0,64}@\S+")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3々〆]+")
# `first = Ada`, a line for each part.
_PART = re.compile(r"^[ \t]*(\w{1,20})[ \t]*[=:][ \t]*(\S.*)$", re.MULTILINE)


#: Longer is no name, and is left whole.
_CHARS_MAX = 500


def split_name(full: str) -> tuple[str | None, str | None]:
    """First and last name: "Ludwig van Beethoven" and "van Beethoven, Ludwig" alike."""
    if len(full) > _CHARS_MAX:
        return full, None
    if parts := _labelled_parts(full):
        return parts
    words = (_ADDRESS.sub(" ", full) if "@" in full else full).split()
    polite = _take_affixes(words)
    last, comma, first = (part.strip() for part in " ".join(words).partition(","))
    if comma and last and first:
        return first, last
    if len(words) == 2 and all(map(_EAST_ASIAN.fullmatch, words)):
        return words[1], words[0]
    if len(words) < 2:
        word = " ".join(words) or None
        return (None, word) if polite else (word, None)
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def complete_names(
    full: str, first: str | None, last: str | None
) -> tuple[str | None, str | None] | None:
    """Both names from a full name and the one that is known; None: the full name adds nothing."""
    if not first and not last:
        names = split_name(full)
        return names if any(names) else None
    if last and not first:
        return (full.removesuffix(last).strip() or None, last) if full != last else None
    if first and not last and full.startswith(first + " "):
        return first, full.removeprefix(first).strip()
    return None


def _labelled_parts(full: str) -> tuple[str | None, str | None] | None:
    """The names in "first = Ada\\nlast = Byron", as a form tool writes a name of several parts."""
    parts = {label.lower(): value.strip() for label, value in _PART.findall(full)}
    fields = {field_of_label(f"name {label}"): value for label, value in parts.items()}
    fields.pop(FULL_NAME, None)
    first, last = fields.get("first_name"), fields.get("last_name")
    return (first, last) if first or last else None


def _take_affixes(words: list[str]) -> bool:
    """Take titles off a name's words; whether one stood before it, as in "Mr. Lee"."""
    polite = False
    while len(words) > 1 and _bare(words[0]) in _BEFORE:
        del words[0]
        polite = True
    while len(words) > 1 and _bare(words[-1]) in _BEHIND:
        del words[-1]
        words[-1] = words[-1].rstrip(",")
    return polite


def _bare(word: str) -> str:
    return word.replace(".", "").strip(",").lower()
