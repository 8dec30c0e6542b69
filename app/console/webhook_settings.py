"""A webhook's settings as the fields of a form, and the form as a change of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.errors import Invalid

_NUMBERS = ("rate_limit", "timeout_seconds")
_RETRY = ("base", "cap", "max_attempts", "max_age")


def shown(webhook: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows, by the names of its fields."""
    retry = webhook["retry"] or {}
    fields: dict[str, object] = {name: webhook[name] for name in ("name", "url", *_NUMBERS)}
    fields |= {"events": ", ".join(webhook["events"]), "forms": ", ".join(webhook["forms"])}
    fields |= {f"retry.{name}": retry.get(name) for name in _RETRY}
    fields["retry.schedule"] = ", ".join(map(str, retry.get("schedule") or []))
    fields["ordered"] = "yes" if webhook["ordered"] else "no"
    return {name: "" if value is None else str(value) for name, value in fields.items()}


def changes_in(form: Mapping[str, str]) -> dict[str, object]:
    """What a form changes, as the API takes it. Raises `Invalid` if a number is not one.

    A field beside which `was_` and its name says the same has not been changed. The retry policy
    is one value: it is replaced as a whole.
    """
    now = {name: value.strip() for name, value in form.items()}
    changed = {name for name in now if f"was_{name}" not in now or now[name] != now[f"was_{name}"]}
    changes: dict[str, object] = {
        name: now[name] for name in ("url", "name") if name in changed and now[name]
    }
    if "events" in changed:
        changes["events"] = _words(now["events"]) or ["*"]
    if "forms" in changed:
        changes["forms"] = _names(now["forms"])
    if "ordered" in changed:
        changes["ordered"] = now["ordered"] == "yes"
    changes |= {name: _number(name, now[name]) for name in _NUMBERS if name in changed}
    if any(name.startswith("retry.") for name in changed):
        changes["retry"] = _retry(now)
    return changes


def _retry(form: Mapping[str, str]) -> dict[str, object] | None:
    """The policy in the form; None: the operator's."""
    numbers = {name: _number(f"retry.{name}", form.get(f"retry.{name}", "")) for name in _RETRY}
    policy: dict[str, object] = {name: value for name, value in numbers.items() if value}
    words = _words(form.get("retry.schedule", ""))
    if words:
        policy["schedule"] = [_number("retry.schedule", word) for word in words]
    return policy or None


def _number(name: str, text: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise Invalid({name: "must be a whole number"}) from None


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _names(text: str) -> list[str]:
    """Names separated by commas; they may contain spaces."""
    return [name for each in text.split(",") if (name := each.strip())]
