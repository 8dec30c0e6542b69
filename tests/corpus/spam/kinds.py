"""Kinds of submissions: templates that a seeded generator fills in."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.corpus.spam.words import FIRST_NAMES, LAST_NAMES, PLACES, PRODUCTS, PROVIDERS, TRADES

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)


class Request(NamedTuple):
    """How a submission was sent."""

    user_agent: str | None = CHROME
    language: bool = True
    page: bool = True
    fill_ms: tuple[int, int] | None = (6_000, 180_000)
    #: Client address; each {n} is a number of its own from 1 to 250.
    address: str = "203.{n}.{n}.{n}"


BROWSER = Request()
#: A plain form without a script that measures the time.
PLAIN = BROWSER._replace(fill_ms=None)


class Kind(NamedTuple):
    """Submissions that have something in common."""

    name: str
    fields: dict[str, str]
    request: Request = BROWSER
    #: Instead of `fields`, one of these each time.
    variants: tuple[dict[str, str], ...] = ()


def filled(kind: Kind, random: Random) -> dict[str, str]:
    """The fields of one submission of that kind."""
    template = random.choice(kind.variants) if kind.variants else kind.fields
    slots = _slots(random)
    return {name: text.format_map(slots) for name, text in template.items()}


class _Lazy(dict[str, str]):
    """Slots that are made when a template asks for them."""

    def __init__(self, makers: dict[str, Callable[[], str]]) -> None:
        super().__init__()
        self._makers = makers

    def __missing__(self, name: str) -> str:
        self[name] = self._makers[name]()
        return self[name]


def _slots(random: Random) -> _Lazy:
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    makers: dict[str, Callable[[], str]] = {
        "first": lambda: first,
        "last": lambda: last,
        "mail": lambda: _mail(random, first, last),
        "product": lambda: random.choice(PRODUCTS),
        "place": lambda: random.choice(PLACES),
        "trade": lambda: random.choice(TRADES),
        "number": lambda: str(random.randrange(2, 400)),
        "digits": lambda: str(random.randrange(10**6, 10**9)),
        "random": lambda: _letters(random, 8, 14, "abcdefghijklmnopqrstuvwxyz"),
        "Random": lambda: _letters(
            random, 9, 14, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        ),
        "word": lambda: _letters(random, 4, 8, "bdlmnrst").replace("l", "a").replace("s", "o"),
    }
    return _Lazy(makers)


def _mail(random: Random, first: str, last: str) -> str:
    plain = "".join(
        c for c in f"{first}.{last}".lower() if c.isascii() and (c.isalnum() or c == ".")
    )
    local = plain.strip(".") or f"user{random.randrange(1000)}"
    return (
        f"{local}{random.choice(['', '', str(random.randrange(100))])}@{random.choice(PROVIDERS)}"
    )


def _letters(random: Random, shortest: int, longest: int, letters: str) -> str:
    return "".join(random.choice(letters) for _ in range(random.randrange(shortest, longest)))
