"""A webhook: an org's subscription to event types, and what of it callers may set."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from app.domain.webhook.event import EVENT_TYPES, Event


class WebhookStatus(StrEnum):
    """Whether a webhook's deliveries leave. Otherwise they are held until it is active."""

    ACTIVE = "active"
    PAUSED = "paused"  # by its owner
    DISABLED = "disabled"  # by a rule; `status_reason` says which
    DELETED = "deleted"  # never shown; its open deliveries are cancelled


class Webhook(msgspec.Struct):
    """A subscription as callers see it; its secrets are kept apart."""

    id: str
    org_id: str
    name: str
    url: str
    events: list[str]
    #: Their values are encrypted.
    headers: dict[str, str]
    metadata: dict[str, object]
    rate_limit: int | None
    ordered: bool
    status: WebhookStatus
    status_reason: str | None
    created_at: datetime
    updated_at: datetime
    #: Its own retry policy (retry_policy.py); None: the operator's.
    retry: dict[str, object] | None = None
    #: Total time of an attempt; None: the operator's.
    timeout_seconds: int | None = None
    #: Only events about contacts from these forms; empty: from any.
    forms: list[str] = []
    failure_count: int = 0


def subscribes(patterns: Iterable[str], event_type: str) -> bool:
    """Whether one of the patterns (`contact.created`, `contact.*`, `*`) matches that type."""
    family = event_type.split(".", 1)[0] + ".*"
    return any(pattern in (event_type, family, "*") for pattern in patterns)


def wants_form(forms: Collection[str], event: Event) -> bool:
    """Whether a webhook for these forms is sent the event; what is about no contact always is."""
    return not forms or event.contact_id is None or event.form in forms


def unknown_patterns(patterns: Iterable[str]) -> list[str]:
    """Those patterns that match no event type there is."""
    return [p for p in patterns if not any(subscribes([p], known) for known in EVENT_TYPES)]


#: Headers that the sender sets itself, or that would break the framing of a request.
_OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
_OWN_PREFIXES = ("x-rex-", "webhook-")
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
_HEADERS_MAX = 20
_HEADER_VALUE_MAX = 1024


def header_problem(headers: Mapping[str, object]) -> str | None:
    """Why these extra headers cannot be sent with deliveries; None when they can."""
    if len(headers) > _HEADERS_MAX:
        return f"at most {_HEADERS_MAX} headers"
    for name, value in headers.items():
        lower = name.lower()
        if not name or len(name) > 100 or not _TOKEN.issuperset(lower):
            return f"{name[:40]!r} is not a header name"
        if lower in _OWN_HEADERS or lower.startswith(_OWN_PREFIXES):
            return f"{name} is set by the sender and cannot be chosen"
        if not isinstance(value, str) or not _is_visible(value):
            return f"the value of {name} must be up to {_HEADER_VALUE_MAX} visible ASCII characters"
    return None


def _is_visible(value: str) -> bool:
    inside = all(" " <= character <= "~" for character in value)
    return inside and value == value.strip() and 0 < len(value) <= _HEADER_VALUE_MAX
