"""What the signals look at: a capture, read once and bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from app.domain.capture import Capture
from app.domain.labels import word_set
from app.domain.spam.history import NOTHING_SEEN, Seen
from app.domain.spam.offers import count_offers

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
    #: First and last name.
    names: tuple[str, ...]
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
    names = tuple(name for name in (capture.first_name, capture.last_name) if name)
    lower = prose.lower()
    hosts = tuple(_hosts(lower)) if "/" in lower or "www." in lower else ()
    offers = count_offers(lower) if lower else 0
    return Facts(capture, local, domain, names, prose, lower, hosts, offers, seen)


def prose_of(metadata: Mapping[str, object]) -> str:
    """What a person wrote: values of more than one word, and those of message fields."""
    found = []
    room = PROSE_CHARS_MAX
    for name, text in _texts(metadata.items()):
        if " " in text or "\n" in text or name.lower() in _PROSE:
            found.append(text[:room])
            room -= len(text)
            if room <= 0:
                break
    return "\n".join(found)


def _hosts(lower: str) -> Iterator[str]:
    for link in _LINKS:
        yield from link.findall(lower)
    for shortener in _SHORTENERS:
        if shortener in lower:
            yield shortener[1:-1]


def _texts(items: Iterable[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    """The texts of metadata and of the objects and lists in it, two levels deep."""
    for count, (name, value) in enumerate(items):
        if count >= VALUES_MAX:
            return
        if isinstance(value, str):
            yield name, value
        elif value:
            for inner, text in _inner(name, value):
                if isinstance(text, str):
                    yield inner, text


def _inner(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from list(value.items())[:VALUES_MAX]
    elif isinstance(value, list):
        for item in value[:VALUES_MAX]:
            yield from item.items() if isinstance(item, dict) else [(name, item)]
