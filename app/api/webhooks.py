"""Webhooks: subscriptions to events."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Meta

from app.api import caps
from app.api.bodies import checked_metadata, read_body
from app.api.call import Answer, Call, existing
from app.api.lists import Page, make_sorted_page
from app.api.operation import One, Operation, describe
from app.api.queries import SortedQuery, read_query
from app.api.retry_bodies import checked_retry, checked_timeout
from app.api.webhook_bodies import (
    NewWebhook,
    Secret,
    Status,
    WebhookEdit,
    WebhookView,
    WebhookWithSecret,
    checked_events,
    checked_forms,
    checked_headers,
    checked_name,
    checked_url,
    edited_values,
    view,
)
from app.domain.delivery.signature import generate_secret
from app.domain.ids import is_id, new_id
from app.domain.times import now
from app.domain.webhook.own_url import OwnHosts
from app.domain.webhook.webhook import Webhook, WebhookStatus
from app.storage.database import Cursor, transaction
from app.storage.webhook import webhooks
from app.storage.webhook.retry_rules import retry_rules

_TAG = "Webhooks"

#: How long the old secret keeps signing after a rotation, by default.
OVERLAP_SECONDS = 24 * 3600
OVERLAP_SECONDS_MAX = 30 * 24 * 3600


class WebhookQuery(SortedQuery):
    """What `GET /webhooks` takes."""

    sort: Literal["created_at", "-created_at"] = "created_at"
    status: Status | None = None


class Rotation(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /webhooks/{id}/rotate-secret` takes."""

    overlap_seconds: Annotated[
        int,
        Meta(ge=0, le=OVERLAP_SECONDS_MAX, description="How long the old secret signs as well"),
    ] = OVERLAP_SECONDS
    #: Generated when absent.
    secret: Secret | None = None


@describe(Operation(_TAG, {201: WebhookWithSecret}, body=NewWebhook, errors=("conflict",)))
def create_webhook(call: Call) -> Answer:
    """Subscribe a URL to events. The secret is not shown again."""
    wanted = read_body(call.body, NewWebhook)
    url = _checked_url(call, wanted.url)
    rules = retry_rules(call.services.settings)
    moment = now()
    webhook = Webhook(
        id=new_id("whk"),
        org_id=call.org.id,
        name=checked_name(wanted.name or str(urlsplit(url).hostname)),
        url=url,
        events=checked_events(wanted.events, wanted.event_types),
        forms=checked_forms(wanted.forms),
        headers=call.services.cipher.encrypt_values(checked_headers(wanted.headers)),
        metadata=checked_metadata(wanted.metadata),
        rate_limit=wanted.rate_limit,
        ordered=wanted.ordered,
        status=WebhookStatus.ACTIVE,
        status_reason=None,
        created_at=moment,
        updated_at=moment,
        retry=checked_retry(wanted.retry, rules),
        timeout_seconds=checked_timeout(wanted.timeout_seconds, rules),
    )
    secret = wanted.secret or generate_secret()
    with transaction(call.services.database) as cursor:
        caps.check_webhooks(cursor, call)
        webhooks.insert(cursor, webhook, call.services.cipher.encrypt(secret))
        call.note(cursor, "webhook.created", webhook.id)
    return Answer(WebhookWithSecret(view(webhook), secret), status=201)


@describe(Operation(_TAG, {200: Page[WebhookView]}, query=WebhookQuery))
def list_webhooks(call: Call) -> Answer:
    """The org's webhooks, by default in the order of creation."""
    query = read_query(call.query, WebhookQuery)
    with transaction(call.services.database) as cursor:
        rows = webhooks.page(
            cursor,
            call.org.id,
            query.status,
            query.after,
            query.limit + 1,
            newest_first=query.newest_first,
        )
    return Answer(make_sorted_page(WebhookView, rows, query, view))


@describe(Operation(_TAG, {200: One[WebhookView]}))
def get_webhook(call: Call) -> Answer:
    """One webhook."""
    with transaction(call.services.database) as cursor:
        return Answer(One(view(find_webhook(cursor, call))))


@describe(Operation(_TAG, {200: One[WebhookView]}, body=WebhookEdit))
def edit_webhook(call: Call) -> Answer:
    """Change a webhook; `active` releases held deliveries."""
    edit = read_body(call.body, WebhookEdit)
    rules = retry_rules(call.services.settings)
    values = edited_values(edit, call.services.cipher, rules)
    if edit.url is not UNSET:
        values["url"] = _checked_url(call, edit.url)
    with transaction(call.services.database) as cursor:
        webhook = find_webhook(cursor, call)
        if values:
            webhooks.update(cursor, webhook.id, values, now())
            call.note(cursor, "webhook.updated", webhook.id, fields=sorted(values))
        changed = find_webhook(cursor, call)
    if changed.status == WebhookStatus.ACTIVE:
        call.services.notifier.notify([changed.id])
    return Answer(One(view(changed)))


@describe(Operation(_TAG, {204: None}))
def delete_webhook(call: Call) -> Answer:
    """End a subscription; pending deliveries are cancelled."""
    with transaction(call.services.database) as cursor:
        webhook = find_webhook(cursor, call)
        webhooks.update(cursor, webhook.id, {"status": WebhookStatus.DELETED}, now())
        call.note(cursor, "webhook.deleted", webhook.id)
    return Answer(status=204)


@describe(Operation(_TAG, {200: WebhookWithSecret}, body=Rotation, body_optional=True))
def rotate_secret(call: Call) -> Answer:
    """Sign with a new secret at once, and also with the old one for a while.

    After a second rotation in that time, only the latest old secret keeps signing.
    """
    wanted = read_body(call.body, Rotation, optional=True)
    secret = wanted.secret or generate_secret()
    overlap = timedelta(seconds=wanted.overlap_seconds)
    with transaction(call.services.database) as cursor:
        webhook = find_webhook(cursor, call)
        encrypted = call.services.cipher.encrypt(secret)
        webhooks.rotate_secret(cursor, webhook.id, encrypted, now() + overlap if overlap else None)
        call.note(cursor, "webhook.secret_rotated", webhook.id)
        changed = find_webhook(cursor, call)
    return Answer(WebhookWithSecret(view(changed), secret))


def _checked_url(call: Call, url: str) -> str:
    settings = call.services.settings
    own = OwnHosts(settings.base_domain, settings.port, call.host)
    return checked_url(url, own, allow_private=settings.allow_private_webhooks)


def find_webhook(cursor: Cursor, call: Call) -> Webhook:
    """The webhook that the path names. Raises `NotFound`."""
    wanted = canonical_webhook_id(call.path["id"])
    found = webhooks.find(cursor, call.org.id, wanted) if is_id(wanted, "whk") else None
    return existing(found, "Webhook")


def canonical_webhook_id(text: str) -> str:
    """A webhook's id, also from its other documented spelling, `wh_…`."""
    return "whk_" + text.removeprefix("wh_") if text.startswith("wh_") else text
