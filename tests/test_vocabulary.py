"""Names are the field's terms (docs/glossary.md): the metaphors of the first version stay away."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "config", "scripts", "workers")

#: Words that no name of a file, class, function, setting or log event may have as a part.
METAPHORS = frozenset(
    {
        "acceptance",
        "askers",
        "asking",
        "bell",
        "bells",
        "brake",
        "bury",
        "candidate",
        "candidates",
        "courier",
        "door",
        "doorbell",
        "duties",
        "duty",
        "grave",
        "graves",
        "inbox",
        "janitor",
        "ladder",
        "ledger",
        "manners",
        "paced",
        "poison",
        "pulse",
        "quiet",
        "remains",
        "revive",
        "rung",
        "rungs",
        "seal",
        "sealed",
        "stray",
        "strays",
        "tally",
        "tended",
        "tending",
        "tidied",
        "tidy",
        "turnstile",
        "vault",
        "voice",
    }
)
#: Log calls whose first argument is an event's name.
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def modules() -> list[Path]:
    # Shipped migrations keep the names that they were shipped with.
    return [
        path
        for package in PACKAGES
        for path in sorted((CHECKOUT / package).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def names_in(path: Path) -> Iterator[str]:
    yield from path.relative_to(CHECKOUT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Call(
                func=ast.Attribute(attr=level), args=[ast.Constant(value=str() as event), *_]
            ) if level in LEVELS:
                yield event


def words_of(name: str) -> set[str]:
    return {word.lower() for word in _WORDS.findall(name)}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_is_a_metaphor(package: str) -> None:
    found = {
        f"{path.relative_to(CHECKOUT)}: {name}"
        for path in modules()
        if path.relative_to(CHECKOUT).parts[0] == package
        for name in names_in(path)
        if words_of(name) & METAPHORS
    }
    assert not found


def test_no_setting_is_a_metaphor() -> None:
    settings = re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b", (CHECKOUT / "README.md").read_text())
    assert settings
    assert not [name for name in settings if words_of(name.lower()) & METAPHORS]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("take_HTTPDoor_in", {"take", "http", "door", "in"}),
        ("queue.recovered_from_dead", {"queue", "recovered", "from", "dead"}),
        ("WakeTokens2", {"wake", "tokens"}),
    ],
)
def test_a_name_is_judged_word_by_word(name: str, words: set[str]) -> None:
    assert words_of(name) == words
