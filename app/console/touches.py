"""Touches as pages show them: a contact's first, last and between, and a lead's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.domain.contact.attribution import attribution_view, touches_told
from app.domain.ids import time_of
from app.domain.times import rfc3339
from app.domain.touch.first_touch import PARAMETERS
from app.domain.touch.touch import Touch
from app.storage.capture.captures import StoredCapture

_SHOWN = (*PARAMETERS, "referrer", "landing_page")
_WORDS = {"landing_page": "landing page"}


class ShownTouch(NamedTuple):
    """Its place among the others, its time, whether a keyed caller sent it, and its values."""

    label: str
    at: str
    keyed: bool
    facts: list[tuple[str, object]]


def of_contact(touches: Sequence[Touch]) -> list[ShownTouch]:
    """The touches of a contact, the first one first."""
    view = attribution_view(touches)
    if view.first is None or view.last is None:
        return []
    return _in_order([view.first, *view.between, *([view.last] if len(touches) > 1 else [])])


def of_capture(capture: StoredCapture) -> list[ShownTouch]:
    """The touches a capture brought: its own visit, or those the browser had kept."""
    sent, at = capture.payload, rfc3339(time_of(capture.id))
    told = touches_told(
        sent.get("touches") or [], sent.get("metadata") or {}, at, keyed=capture.keyed
    )
    return _in_order(told)


def _in_order(touches: Sequence[Touch]) -> list[ShownTouch]:
    *before, _ = touches
    labels = ["First", *["Then"] * (len(before) - 1), "Last"] if before else ["First and last"]
    return [_shown(label, touch) for label, touch in zip(labels, touches, strict=True)]


def _shown(label: str, touch: Touch) -> ShownTouch:
    facts = [(_WORDS.get(name, name), touch[name]) for name in _SHOWN if name in touch]
    return ShownTouch(label, str(touch["at"]), "keyed" in touch, facts)
