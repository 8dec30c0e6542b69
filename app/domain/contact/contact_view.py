"""A contact as callers see it, in answers and in events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from app.domain.contact.attribution import Attribution, attribution_view
from app.domain.contact.contact import Contact
from app.domain.contact_fields import FIRST_TOUCH_FIELDS, LATEST_FIELDS, Source, Stage
from app.domain.times import whole_seconds

#: The fields shown, in the documented order.
VIEW_FIELDS = (
    *("id", "email", *LATEST_FIELDS, "stage", *FIRST_TOUCH_FIELDS, "company_id", "owner_id"),
    *(
        "metadata",
        "attribution",
        "created_at",
        "updated_at",
        "first_captured_at",
        "last_captured_at",
    ),
    "captures_count",
)
#: Types of those that are not a text or null.
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("id", "email"), str),
    **dict.fromkeys(("created_at", "updated_at"), datetime),
    **dict.fromkeys(("first_captured_at", "last_captured_at"), datetime | None),
    "stage": Stage,
    "source": Source,
    "metadata": dict[str, object],
    "attribution": Attribution,
    "captures_count": int,
}
_values_shown: attrgetter[tuple[Any, ...]] = attrgetter(*VIEW_FIELDS)

View = TypeVar("View", bound="ContactView")

if TYPE_CHECKING:

    class ContactView(msgspec.Struct):
        """A contact as callers see it."""

        form: str | None
else:
    ContactView = msgspec.defstruct(
        "ContactView",
        [(name, _TYPES.get(name, str | None)) for name in VIEW_FIELDS],
        namespace={"__doc__": "A contact as callers see it."},
        forbid_unknown_fields=True,
    )


def contact_view(contact: Contact) -> ContactView:
    """A contact as callers see it."""
    return contact_view_as(ContactView, contact)


def contact_view_as(kind: Callable[..., View], contact: Contact, **more: object) -> View:
    """The same as a struct that shows more."""
    *values, touches, created, updated, first, last, count = _values_shown(contact)
    times = (at and whole_seconds(at) for at in (created, updated, first, last))
    return kind(*values, attribution_view(touches), *times, count, **more)
