"""The leads that the clients post, each determined by the seed and its number."""

from __future__ import annotations

import random
from enum import StrEnum
from typing import NamedTuple

#: Addresses that come again and again.
REGULARS = 20
#: Addresses of contacts that are edited with a key as well.
EDITED = 10


class Action(StrEnum):
    """What a client does with a lead."""

    CAPTURE = "capture"
    #: The same capture twice at once.
    DOUBLE_CLICK = "double click"
    #: A keyed upsert that changes something.
    EDIT = "edit"


class Lead(NamedTuple):
    """What to post, and how."""

    number: int
    action: Action
    body: dict[str, object]


#: Out of a hundred leads.
_NEW, _REGULAR, _EDITED, _DOUBLE = 50, 25, 10, 5


def lead(seed: int, number: int) -> Lead:
    """The lead with that number. `metadata.n` is its number, so that it is known again."""
    chance = random.Random(f"lead {seed} {number}")
    drawn = chance.randrange(100)
    new = f"new{number}@example.com"
    if drawn < _NEW:
        return _capture(number, Action.CAPTURE, new)
    if drawn < _NEW + _REGULAR:
        return _capture(number, Action.CAPTURE, f"regular{chance.randrange(REGULARS)}@example.com")
    edited = f"edited{chance.randrange(EDITED)}@example.com"
    if drawn < _NEW + _REGULAR + _EDITED:
        return _capture(number, Action.CAPTURE, edited)
    if drawn < _NEW + _REGULAR + _EDITED + _DOUBLE:
        return _capture(number, Action.DOUBLE_CLICK, new)
    return Lead(number, Action.EDIT, {"email": edited, "title": f"title {number}"})


def is_edited(email: str) -> bool:
    """Whether the contact with this address is edited, too."""
    return email.startswith("edited")


def _capture(number: int, action: Action, email: str) -> Lead:
    body: dict[str, object] = {
        "email": email,
        "first_name": f"Name {number}",
        "metadata": {"n": number},
    }
    return Lead(number, action, body)
