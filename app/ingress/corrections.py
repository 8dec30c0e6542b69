"""What a visitor has to correct: an input for each wrong field, and what else was typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.domain.labels.labels import field_of_label
from app.domain.submission.controls import HONEYPOTS, PROOF
from app.ingress.texts import Texts

Typed = Mapping[str, str | list[str]]

#: Type and autocomplete of inputs, by the field that their name stands for.
_KINDS = {
    "email": ("email", "email"),
    "first_name": ("text", "given-name"),
    "last_name": ("text", "family-name"),
    "name": ("text", "name"),
    "phone": ("tel", "tel"),
    "title": ("text", "organization-title"),
    "company": ("text", "organization"),
    "linkedin_url": ("url", "url"),
}
#: Not shown and not sent again: a honeypot is forgiven, and a proof is used up.
_DROPPED = frozenset([*HONEYPOTS, PROOF])


class Input(NamedTuple):
    """A field to correct."""

    name: str
    label: str
    value: str
    type: str
    autocomplete: str
    problem: str


def inputs_for(problems: Mapping[str, str], typed: Typed, texts: Texts) -> list[Input]:
    """An input for each problem that one can solve, under the form's own name for the field."""
    return [
        _input(field, problem, typed, texts)
        for field, problem in problems.items()
        if field in texts.labels or _typed_name(field, typed) in typed
    ]


def _input(field: str, problem: str, typed: Typed, texts: Texts) -> Input:
    name = _typed_name(field, typed)
    given = typed.get(name, "")
    value = given if isinstance(given, str) else next(iter(given), "")
    kind, autocomplete = _KINDS.get(field, ("text", ""))
    label = texts.labels.get(field, name)
    return Input(name, label, value, kind, autocomplete, _words(field, problem, value, texts))


def _words(field: str, problem: str, value: str, texts: Texts) -> str:
    if not value.strip():
        return texts.required
    if field == "email":
        return texts.bad_email
    return texts.too_long if "at most" in problem or "longer" in problem else texts.invalid


def _typed_name(field: str, typed: Iterable[str]) -> str:
    names = list(typed)
    if field in names:
        return field
    return next((name for name in names if field_of_label(name) == field), field)


def kept_besides(inputs: Iterable[Input], typed: Typed) -> list[tuple[str, str]]:
    """Every other text that was typed, with the name of its field."""
    asked = {each.name for each in inputs} | _DROPPED
    return [
        (name, text)
        for name, value in typed.items()
        if name not in asked
        for text in ([value] if isinstance(value, str) else value)
    ]
