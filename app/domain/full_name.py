"""A full name as first and last name: the last word is the last name, with its particles."""

from __future__ import annotations

_PARTICLES = frozenset(
    "al bin da das de del della den der di do dos du el ibn la le ten ter van von zu".split()  # noqa: SIM905
)


def split_name(full: str) -> tuple[str, str | None]:
    """First and last name: "Ludwig van Beethoven" and "van Beethoven, Ludwig" alike."""
    last, comma, first = (part.strip() for part in full.partition(","))
    if comma and last and first:
        return first, last
    words = full.split()
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    if start < 1:
        return full, None
    return " ".join(words[:start]), " ".join(words[start:])


def complete_names(
    full: str, first: str | None, last: str | None
) -> tuple[str | None, str | None] | None:
    """Both names from a full name and the one that is known; None: the full name adds nothing."""
    if not first and not last:
        return split_name(full)
    if last and not first:
        return (full.removesuffix(last).strip() or None, last) if full != last else None
    if first and not last and full.startswith(first + " "):
        return first, full.removeprefix(first).strip()
    return None
