"""Attribution: the touches that led a person here, as recorded facts.

A capture tells one touch, what its metadata says of the visit, or those that the browser kept (the
field `_touches`). A contact keeps the first, which belongs to the capture that was received first,
whenever it is processed, and the latest. What keyed callers told stays before what visitors tell.

So the end state does not depend on the order of processing: of all that was ever told, a contact
holds the touches that rank highest, and the first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from app.domain.capture.capture import Capture
from app.domain.contact.contact import Contact
from app.domain.times import rfc3339
from app.domain.touch.touch import TOUCHES_MAX, Touch, touch_of

#: Where a contact's `write_ids` has the write_id of the capture that told the first touch.
_FIRST = "attribution"

# In the same order whether a touch comes from a capture or from a jsonb column.
_canonical = msgspec.json.Encoder(order="sorted").encode


class Attribution(msgspec.Struct):
    """The touches of a contact as callers see them, each of several once: events carry them."""

    #: Both are null without any touch, and equal when there is one.
    first: Touch | None
    last: Touch | None
    #: Up to eight others, in the order of their times.
    between: list[Touch]


def merge_touches(contact: Contact, capture: Capture, write_id: str, at: datetime) -> None:
    """Record what a capture with that id, received then, tells, in place."""
    told = touches_told(capture.touches, capture.metadata, rfc3339(at), keyed=capture.keyed)
    known = contact.attribution
    first_id = contact.write_ids.get(_FIRST)
    is_first = first_id is None or write_id < first_id
    if is_first:
        contact.write_ids[_FIRST] = write_id
    first = told[0] if is_first else known[0]
    if known or len(told) > 1:
        told = [first, *(touch for touch in _highest([*known, *told]) if touch != first)]
    contact.attribution = told


def attribution_view(touches: Sequence[Touch]) -> Attribution:
    """The first touch and the nine others that rank highest."""
    if len(touches) < 2:
        only = touches[0] if touches else None
        return Attribution(only, only, [])
    *between, last = sorted(touches[1:][1 - TOUCHES_MAX :], key=_time)
    return Attribution(touches[0], last, between)


def touches_told(
    touches: Sequence[Touch], metadata: Mapping[str, object], at: str, *, keyed: bool
) -> list[Touch]:
    """The touches of a capture received at `at` by their times, none later than that.

    Those that the browser kept, or else the one that the metadata tells.
    """
    if touches:
        told = [touch | {"at": min(str(touch.get("at", at)), at)} for touch in touches]
    else:
        told = [{"at": at, **touch_of(metadata)}]
    if keyed:
        told = [touch | {"keyed": True} for touch in told]
    return sorted(told, key=_rank) if len(told) > 1 else told


def _highest(touches: Iterable[Touch]) -> list[Touch]:
    """Those that rank highest, each once, in the order of their ranks."""
    return sorted({_canonical(touch): touch for touch in touches}.values(), key=_rank)[
        -TOUCHES_MAX:
    ]


def _rank(touch: Touch) -> tuple[bool, object, bytes]:
    return "keyed" in touch, touch["at"], _canonical(touch)


def _time(touch: Touch) -> str:
    return str(touch["at"])
