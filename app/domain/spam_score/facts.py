"""What the signals look at: a capture, read once and bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from app.domain.capture.capture import Capture
from app.domain.labels.labels import word_set
from app.domain.spam_score.history import NOTHING_SEEN, Seen
from app.domain.spam_score.names import Names, read_names
from app.domain.spam_score.offers import count_offers

#: Characters of prose that are looked at, and how many values of metadata.
PROSE_CHARS_MAX = 2000
VALUES_MAX = 60
#: Shorter texts are equal by chance: "Hello", "Please call me".
SAME_TEXT_CHARS_MIN = 40

#: Names under which a single word is prose as well.
_PROSE = word_set(
    "message msg text body comment comments note notes details question inquiry enquiry"
    " description nachricht mensaje mensagem messaggio bericht your-message your_message"
)
#: Literal beginnings, so that a text without links is passed over at once.
_LINKS = (
    re.compile(r"://([^\s/\"'<>()\[\]?#:]{1,100})"),
    re.compile(r"www\.(?<!//www\.)([^\s/\"'<>()\[\]?#:]{1,100})"),
)
#: Often without anything before them.
_SHORTENERS = tuple(f" {host}/" for host in ("t.me", "wa.me", "bit.ly", "is.gd", "goo.su"))


class Facts(NamedTuple):
    """A capture as the signals see it."""

    capture: Capture
    local: str
    domain: str
    names: Names
    prose: str
    #: The same in lower case.
    lower: str
    #: The hosts of its links.
    hosts: tuple[str, ...]
    #: Phrases in it of those who sell to strangers.
    offers: int
    seen: Seen


def facts_of(capture: Capture, prose: str, seen: Seen = NOTHING_SEEN) -> Facts:
    """The facts; `prose` as `prose_of` gives it."""
    local, _, domain = capture.email.partition("@")
    names = read_names(capture.first_name, capture.last_name)
    if not prose:
        return Facts(capture, local, domain, names, "", "", (), 0, seen)
    lower = prose.lower()
    hosts = tuple(_hosts(lower)) if "/" in lower or "www." in lower else ()
    return Facts(capture, local, domain, names, prose, lower, hosts, count_offers(lower), seen)


def prose_of(metadata: Mapping[str, object]) -> str:
    """What a person wrote: values of several words, and those of message fields."""
    found: list[str] = []
    for name, value in metadata.items():
        if isinstance(value, str):
            # `_is_prose` without its call
            if " " in value or "\n" in value or name.lower() in _PROSE:
                found.append(value)
        elif isinstance(value, dict | list):
            found += [text for inner, text in _inner(name, value) if _is_prose(inner, text)]
        if len(found) >= VALUES_MAX:
            break
    return "\n".join(found)[:PROSE_CHARS_MAX] if found else ""


def _is_prose(name: str, text: str) -> bool:
    return " " in text or "\n" in text or name.lower() in _PROSE


def _inner(name: str, value: dict[str, object] | list[object]) -> Iterator[tuple[str, str]]:
    """The texts in an object, or in a list and the objects in it."""
    items = [value] if isinstance(value, dict) else value[:VALUES_MAX]
    for item in items:
        pairs = list(item.items())[:VALUES_MAX] if isinstance(item, dict) else [(name, item)]
        yield from ((inner, text) for inner, text in pairs if isinstance(text, str))


def _hosts(lower: str) -> Iterator[str]:
    for link in _LINKS:
        yield from link.findall(lower)
    for shortener in _SHORTENERS:
        if shortener in lower:
            yield shortener[1:-1]
