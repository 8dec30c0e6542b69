"""What `PATCH /org` takes about the pages for visitors."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.domain.errors import Invalid
from app.domain.webhook.target import InvalidTarget, check_url

Color = Annotated[str, Meta(pattern="^#[0-9A-Fa-f]{6}$", description="`#rrggbb`, of buttons")]
PageUrl = Annotated[str, Meta(max_length=500)]
_URLS = ("logo_url", "home_url")


class PageEdit(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Fields that are absent stay as they are; null: back to our own."""

    name: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType | None = UNSET
    color: Color | UnsetType | None = UNSET
    logo_url: PageUrl | UnsetType | None = UNSET
    home_url: PageUrl | UnsetType | None = UNSET
    thanks_title: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType | None = UNSET
    thanks_text: Annotated[str, Meta(min_length=1, max_length=1000)] | UnsetType | None = UNSET


def page_changes(edit: PageEdit | UnsetType, allow_http: bool) -> dict[str, str | None]:
    """The fields to change. Raises `Invalid` for a URL that no page should load or link to."""
    if edit is UNSET:
        return {}
    given = {name: getattr(edit, name) for name in PageEdit.__struct_fields__}
    changes = {name: value for name, value in given.items() if value is not UNSET}
    for name in _URLS:
        if changes.get(name):
            changes[name] = _checked_url(name, changes[name], allow_http)
    return changes


def _checked_url(name: str, text: str, allow_http: bool) -> str:
    try:
        return check_url(text, allow_http=allow_http, allow_private=True)
    except InvalidTarget as error:
        raise Invalid({f"page.{name}": f"{text[:100]}: {error}"}) from None
