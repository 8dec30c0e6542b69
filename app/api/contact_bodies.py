"""Contacts as callers send them, derived from `app.domain.contact_fields`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.api.bodies import Metadata, checked_metadata, cleaned_text
from app.domain.contact.contact_view import VIEW_FIELDS
from app.domain.contact_fields import CONTACT_LENGTHS_MAX, Source, Stage
from app.domain.errors import Invalid
from app.domain.text.address import MalformedAddress, normalise
from app.domain.text.web_url import is_web_url

Email = Annotated[str, Meta(max_length=320, extra_json_schema={"format": "email"})]

if TYPE_CHECKING:
    # Its fields are read by name only.
    class Texts(msgspec.Struct):
        """The text fields that a keyed caller may set."""
else:
    Texts = msgspec.defstruct(
        "Texts",
        [
            (name, Annotated[str, Meta(max_length=most)] | UnsetType | None, UNSET)
            for name, most in CONTACT_LENGTHS_MAX.items()
        ],
        kw_only=True,
    )


class ContactBody(Texts, forbid_unknown_fields=True, kw_only=True):
    """What a keyed caller may set besides the address. Absent fields stay, null clears."""

    stage: Stage | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    metadata: (
        Annotated[Metadata, Meta(description="Merged key by key; null removes a key")] | UnsetType
    ) = UNSET


#: In the order in which events list changes.
_EDITABLE = [name for name in VIEW_FIELDS if name in ContactBody.__struct_fields__]


class NewContact(ContactBody, kw_only=True):
    """What `POST /contacts` and `POST /contacts/upsert` take."""

    email: Email


class ContactEdit(ContactBody, kw_only=True):
    """What `PATCH /contacts/{id}` takes."""

    email: Email | UnsetType = UNSET


def edits_of(body: ContactBody) -> dict[str, object]:
    """The cleaned fields in a body, without the address; an empty text clears. Raises `Invalid`."""
    edits: dict[str, object] = {}
    for name in _EDITABLE:
        value = getattr(body, name)
        if isinstance(value, dict):
            edits[name] = checked_metadata(value)
        elif value is not UNSET:
            edits[name] = cleaned_text(value)
    link = edits.get("linkedin_url")
    if isinstance(link, str) and not is_web_url(link):
        raise Invalid({"linkedin_url": "is not a link to a page: send an http or https URL"})
    return edits


def checked_email(email: str) -> str:
    """The normalised address. Raises `Invalid`."""
    try:
        return normalise(email)
    except MalformedAddress as error:
        raise Invalid({"email": str(error)}) from None
