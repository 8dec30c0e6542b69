"""Webhooks: how each is doing, and what its owner does with it."""

from __future__ import annotations

from typing import Any

from app.console import webhook_replays, webhook_settings
from app.console.verification import SNIPPETS
from app.console.visit import Page, Redirect, Visit
from app.domain.delivery.health import OPEN_AFTER
from app.domain.errors import Conflict, Invalid, RateLimitExceeded
from app.domain.webhook.event import EVENT_TYPES
from app.storage.database import transaction
from app.storage.webhook import webhook_figures

PATH = "/console/webhooks"
_SHOWN_MAX = 200
_LATEST = "20"


def show_list(visit: Visit) -> Page:
    """The org's webhooks."""
    return _list(visit)


def create(visit: Visit) -> Page:
    """Add a webhook; show its secret this once, with the answer to a test event."""
    try:
        body = webhook_settings.changes_in(visit.form)
        made = visit.operations.create_webhook(visit.caller, body=body)
    except Invalid as error:
        return _list(visit, dict(error.fields))
    except Conflict as error:
        return _list(visit, {"url": error.message})
    test = _ping(visit, made["data"]["id"]) if visit.form.get("test") else None
    return _secret(visit, made, "is subscribed", test)


def show(visit: Visit) -> Page:
    """One webhook: its health, its settings, its latest deliveries."""
    return page_of(visit)


def edit(visit: Visit) -> Page | Redirect:
    """Change only the settings that the user changed in the form."""
    webhook_id = visit.path["id"]
    try:
        changes = webhook_settings.changes_in(visit.form)
        if not changes:
            return Redirect(f"{PATH}/{webhook_id}", "Nothing was changed.")
        visit.operations.edit_webhook(visit.caller, webhook_id, body=changes)
    except Invalid as error:
        return page_of(visit, dict(error.fields))
    names = ", ".join(name.replace("_", " ") for name in changes)
    return Redirect(f"{PATH}/{webhook_id}", f"Changed: {names}.")


def page_of(visit: Visit, problems: dict[str, str] | None = None) -> Page:
    """The page of the webhook in the path."""
    webhook = visit.operations.get_webhook(visit.caller, visit.path["id"])["data"]
    latest = visit.operations.list_webhook_deliveries(
        visit.caller, webhook["id"], {"limit": _LATEST}
    )
    with transaction(visit.services.database) as cursor:
        figures = webhook_figures.of_org(cursor, visit.org.id, webhook["id"])[webhook["id"]]
    values = {
        "webhook": webhook,
        "figures": figures,
        "counted_max": webhook_figures.COUNTED_MAX,
        "open_after": OPEN_AFTER,
        "deliveries": latest["data"],
        "has_more": latest["has_more"],
        "event_types": EVENT_TYPES,
        "snippets": SNIPPETS,
        "problems": problems or {},
        "typed": visit.form if problems else {},
        "settings": webhook_settings.shown(webhook),
        "default_timeout": visit.services.settings.delivery_total_seconds,
    }
    values |= webhook_replays.shown(visit, webhook["id"])
    return Page("webhooks/show.html", values, 422 if problems else 200)


def set_status(visit: Visit) -> Redirect:
    """Pause a webhook, or activate it: held deliveries are sent."""
    status = "paused" if visit.form.get("status") == "paused" else "active"
    visit.operations.edit_webhook(visit.caller, visit.path["id"], body={"status": status})
    told = {"paused": "Paused: its deliveries wait.", "active": "Active: what it held goes out."}
    return Redirect(f"{PATH}/{visit.path['id']}", told[status])


def ping(visit: Visit) -> Redirect:
    """Send a test event, and show what came of it."""
    sent = visit.operations.ping_webhook(visit.caller, visit.path["id"])["data"]
    return Redirect(f"/console/deliveries/{sent['delivery_id']}", "A test event is on its way.")


def show_test(visit: Visit) -> Page:
    """The answer to a test event; until there is one, a fragment that polls."""
    test = visit.operations.get_delivery(visit.caller, visit.path["id"])["data"]
    return Page("webhooks/test_page.html", {"test": test}, fragment="webhooks/test.html")


def rotate(visit: Visit) -> Page:
    """Sign with a new secret, and for a day with the old one, too."""
    made = visit.operations.rotate_secret(visit.caller, visit.path["id"])
    return _secret(visit, made, "has a new secret; the old one signs for another 24 hours")


def delete(visit: Visit) -> Redirect:
    """End a subscription."""
    visit.operations.delete_webhook(visit.caller, visit.path["id"])
    return Redirect(PATH, "The webhook was deleted; what was still owed to it is cancelled.")


def _list(visit: Visit, problems: dict[str, str] | None = None) -> Page:
    found = visit.operations.list_webhooks(visit.caller, query={"limit": str(_SHOWN_MAX)})
    with transaction(visit.services.database) as cursor:
        figures = webhook_figures.of_org(cursor, visit.org.id)
    values = {
        "webhooks": [each for each in found["data"] if each["id"] in figures],
        "figures": figures,
        "counted_max": webhook_figures.COUNTED_MAX,
        "open_after": OPEN_AFTER,
        "has_more": found["has_more"],
        "event_types": EVENT_TYPES,
        "problems": problems or {},
        "typed": visit.form,
    }
    return Page("webhooks/list.html", values, 422 if problems else 200)


def _secret(
    visit: Visit, made: dict[str, Any], what: str, test: dict[str, Any] | None = None
) -> Page:
    values = {"webhook": made["data"], "secret": made["secret"], "what": what, "test": test}
    return Page("webhooks/secret.html", values | {"snippets": SNIPPETS})


def _ping(visit: Visit, webhook_id: str) -> dict[str, Any] | None:
    """The delivery of a test event; None when there were too many in this minute."""
    try:
        sent = visit.operations.ping_webhook(visit.caller, webhook_id)["data"]
    except RateLimitExceeded:
        return None
    found: dict[str, Any] = visit.operations.get_delivery(visit.caller, sent["delivery_id"])["data"]
    return found
