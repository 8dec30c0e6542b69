"""Webhooks as callers send and see them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.api.bodies import Metadata, checked_metadata, cleaned_text
from app.api.queries import FAMILIES, Form, read_types
from app.api.retry_bodies import (
    Retry,
    RetryView,
    Timeout,
    checked_retry,
    checked_timeout,
    retry_view,
)
from app.api.views import view_of
from app.domain.delivery.retry_policy import RetryRules
from app.domain.errors import Invalid
from app.domain.submission.form import form_name
from app.domain.webhook.event import EVENT_TYPES
from app.domain.webhook.own_url import OwnHosts, is_own_capture
from app.domain.webhook.target import InvalidTarget, check_url
from app.domain.webhook.webhook import Webhook, header_problem
from app.storage.secret_cipher import SecretCipher

Url = Annotated[
    str,
    Meta(
        max_length=2048,
        description="https, public",
        extra_json_schema={"format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"},
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=200, extra_json_schema={"pattern": r"\S"})]
Pattern = Annotated[
    str,
    Meta(
        max_length=100,
        description="`contact.created`, `contact.*`, `*`",
        extra_json_schema={"enum": [*EVENT_TYPES, *FAMILIES]},
    ),
]
Patterns = Annotated[list[Pattern], Meta(max_length=50)]
Forms = Annotated[
    list[Form],
    Meta(max_length=50, description="Only events about contacts from these forms; none: from any"),
]
Secret = Annotated[str, Meta(min_length=16, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Rate = Annotated[int, Meta(ge=1, le=10_000, description="Deliveries a second")]
HeaderValue = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=1024,
        description="Visible ASCII",
        pattern=r"^[!-~]([ -~]*[!-~])?$",
    ),
]
HeaderName = Annotated[
    str,
    Meta(max_length=100, extra_json_schema={"pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"}),
]
Headers = Annotated[
    dict[HeaderName, HeaderValue], Meta(max_length=20, description="Extra headers to send")
]
Status = Literal["active", "paused", "disabled"]


class NewWebhook(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /webhooks` takes."""

    url: Url
    events: Patterns | None = None
    event_types: Patterns | None = None
    forms: Forms = []
    secret: Secret | None = None
    name: Name | None = None
    metadata: Metadata = {}
    headers: Headers = {}
    rate_limit: Rate | None = None
    ordered: bool = False
    retry: Retry | None = None
    timeout_seconds: Timeout | None = None


class WebhookEdit(msgspec.Struct, forbid_unknown_fields=True):
    """What `PATCH /webhooks/{id}` takes; absent fields stay unchanged."""

    url: Url | UnsetType = UNSET
    events: Patterns | UnsetType = UNSET
    event_types: Patterns | UnsetType = UNSET
    forms: Forms | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET
    headers: Headers | UnsetType = UNSET
    rate_limit: Rate | UnsetType | None = UNSET
    ordered: bool | UnsetType = UNSET
    #: Replaces all of it; null: as the operator has it.
    retry: Retry | UnsetType | None = UNSET
    timeout_seconds: Timeout | UnsetType | None = UNSET
    status: Literal["active", "paused"] | UnsetType = UNSET


class WebhookView(msgspec.Struct, kw_only=True):
    """A webhook as callers see it, with its event types under both documented names."""

    id: str
    name: str
    url: str
    events: list[str]
    event_types: list[str]
    forms: list[str]
    status: Status
    status_reason: str | None
    failure_count: int
    metadata: dict[str, object]
    #: The names of its extra headers; their values are not shown again.
    header_names: list[str]
    rate_limit: int | None
    ordered: bool
    retry: RetryView | None
    timeout_seconds: int | None
    created_at: str
    updated_at: str


class WebhookWithSecret(msgspec.Struct):
    """The only answers that show a secret."""

    data: WebhookView
    secret: str


def view(webhook: Webhook) -> WebhookView:
    """A webhook as callers see it."""
    names = list(webhook.headers)
    return view_of(
        WebhookView,
        webhook,
        event_types=webhook.events,
        header_names=names,
        retry=retry_view(webhook.retry),
    )


def edited_values(edit: WebhookEdit, cipher: SecretCipher, rules: RetryRules) -> dict[str, object]:
    """The columns that an edit sets, without its URL. Raises `Invalid`."""
    values: dict[str, object] = {
        name: getattr(edit, name)
        for name in ("rate_limit", "ordered")
        if getattr(edit, name) is not UNSET
    }
    if edit.name is not UNSET:
        values["name"] = checked_name(edit.name)
    if edit.headers is not UNSET:
        values["headers"] = cipher.encrypt_values(checked_headers(edit.headers))
    if edit.metadata is not UNSET:
        values["metadata"] = checked_metadata(edit.metadata)
    if edit.events is not UNSET or edit.event_types is not UNSET:
        values["events"] = checked_events(edit.events or None, edit.event_types or None)
    if edit.retry is not UNSET:
        values["retry"] = checked_retry(edit.retry, rules)
    if edit.timeout_seconds is not UNSET:
        values["timeout_seconds"] = checked_timeout(edit.timeout_seconds, rules)
    if edit.forms is not UNSET:
        values["forms"] = checked_forms(edit.forms)
    if edit.status is not UNSET:
        values |= {"status": edit.status, "status_reason": None}
    return values


def checked_name(name: str) -> str:
    """A name that is not blank. Raises `Invalid`."""
    cleaned = cleaned_text(name)
    if cleaned is None:
        raise Invalid({"name": "is empty"})
    return cleaned


def checked_url(url: str, own: OwnHosts, *, allow_private: bool) -> str:
    """The canonical form of a webhook's URL. Raises `Invalid`."""
    try:
        checked = check_url(url, allow_http=allow_private, allow_private=allow_private)
    except InvalidTarget as error:
        raise Invalid({"url": str(error)}) from None
    if is_own_capture(checked, own):
        raise Invalid({"url": "is our own /capture: each lead would make another, without end"})
    return checked


def checked_events(events: list[str] | None, event_types: list[str] | None) -> list[str]:
    """The patterns under either of their names; all events by default. Raises `Invalid`."""
    if events is not None and event_types is not None and events != event_types:
        raise Invalid({"events": "differs from event_types; send one of them"})
    patterns = list(dict.fromkeys(events or event_types or ["*"]))
    read_types("events" if events is not None else "event_types", patterns)
    return patterns


def checked_forms(forms: list[str]) -> list[str]:
    """Names of forms as captures have them. Raises `Invalid`."""
    names = list(map(form_name, forms))
    if None in names:
        raise Invalid({"forms": "has a name that is empty"})
    return list(dict.fromkeys(name for name in names if name))


def checked_headers(headers: dict[str, str]) -> dict[str, str]:
    """Extra headers that can be sent. Raises `Invalid`."""
    problem = header_problem(headers)
    if problem:
        raise Invalid({"headers": problem})
    return headers
