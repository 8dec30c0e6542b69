"""Contacts as callers send and see them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.api.bodies import Metadata, checked_metadata, cleaned_text
from app.domain.address import MalformedAddress, normalise
from app.domain.contact import Contact
from app.domain.errors import Invalid
from app.domain.event import contact_view
from app.domain.fields import LENGTHS_MAX

Stage = Literal["lead", "prospect", "customer", "churned"]
Source = Literal["organic", "referral", "paid", "social", "email", "event", "outbound", "other"]
Email = Annotated[str, Meta(max_length=320, extra_json_schema={"format": "email"})]
Reference = Annotated[str, Meta(max_length=100)]
FirstName = Annotated[str, Meta(max_length=LENGTHS_MAX["first_name"])]
LastName = Annotated[str, Meta(max_length=LENGTHS_MAX["last_name"])]
Phone = Annotated[str, Meta(max_length=LENGTHS_MAX["phone"])]
Title = Annotated[str, Meta(max_length=LENGTHS_MAX["title"])]
LinkedinUrl = Annotated[str, Meta(max_length=LENGTHS_MAX["linkedin_url"])]
SourceDetail = Annotated[str, Meta(max_length=LENGTHS_MAX["source_detail"])]


class ContactFields(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a keyed caller may set besides the address. What is absent stays, null clears."""

    first_name: FirstName | UnsetType | None = UNSET
    last_name: LastName | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET
    title: Title | UnsetType | None = UNSET
    linkedin_url: LinkedinUrl | UnsetType | None = UNSET
    stage: Stage | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    source_detail: SourceDetail | UnsetType | None = UNSET
    company_id: Reference | UnsetType | None = UNSET
    owner_id: Reference | UnsetType | None = UNSET
    metadata: (
        Annotated[Metadata, Meta(description="Merged key by key; null removes a key")] | UnsetType
    ) = UNSET


class NewContact(ContactFields):
    """What `POST /contacts` and `POST /contacts/upsert` take."""

    email: Email


class ContactEdit(ContactFields):
    """What `PATCH /contacts/{id}` takes."""

    email: Email | UnsetType = UNSET


class ContactView(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A contact as callers see it."""

    id: str
    email: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    title: str | None
    linkedin_url: str | None
    stage: Stage
    source: Source
    source_detail: str | None
    company_id: str | None
    owner_id: str | None
    metadata: dict[str, object]
    created_at: str
    updated_at: str
    first_captured_at: str | None
    last_captured_at: str | None
    captures_count: int


def view(contact: Contact) -> ContactView:
    """A contact as callers see it: what its events say of it, checked."""
    return msgspec.convert(contact_view(contact), ContactView)


def edits_of(body: ContactFields) -> dict[str, object]:
    """What a body sets, cleaned, without the address; an empty text clears. Raises `Invalid`."""
    edits: dict[str, object] = {}
    for name in ContactFields.__struct_fields__:
        value = getattr(body, name)
        if isinstance(value, dict):
            edits[name] = checked_metadata(value)
        elif value is not UNSET:
            edits[name] = cleaned_text(value)
    return edits


def checked_email(email: str) -> str:
    """The normalised address. Raises `Invalid`."""
    try:
        return normalise(email)
    except MalformedAddress as error:
        raise Invalid({"email": str(error)}) from None
