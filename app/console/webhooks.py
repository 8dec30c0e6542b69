"""Webhooks: how each is doing, and what its owner does with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.console.verification import SNIPPETS
from app.console.visit import Page, Redirect, Visit
from app.domain.errors import Conflict, Invalid
from app.domain.event import EVENT_TYPES
from app.domain.times import now, rfc3339
from app.storage import webhook_figures
from app.storage.database import transaction

PATH = "/console/webhooks"
_SHOWN_MAX = 200
_LATEST = "20"
_RANGES = {"1h": "the last hour", "24h": "the last day", "7d": "the last 7 days", "all": "all kept"}
_HOURS = {"1h": 1, "24h": 24, "7d": 24 * 7}


def show_list(visit: Visit) -> Page:
    """The org's webhooks."""
    return _list(visit)


def create(visit: Visit) -> Page:
    """Subscribe a URL; its secret is shown this once."""
    form = visit.form
    events = [word for word in form.get("events", "").replace(",", " ").split() if word]
    body: dict[str, object] = {"url": form.get("url", "").strip(), "events": events or ["*"]}
    if name := form.get("name", "").strip():
        body["name"] = name
    try:
        made = visit.operations.create_webhook(visit.caller, body=body)
    except Invalid as error:
        return _list(visit, dict(error.fields))
    except Conflict as error:
        return _list(visit, {"url": error.message})
    return _secret(visit, made, "is subscribed")


def show(visit: Visit) -> Page:
    """One webhook: its health, its settings, its latest deliveries."""
    webhook = visit.operations.get_webhook(visit.caller, visit.path["id"])["data"]
    latest = visit.operations.list_webhook_deliveries(
        visit.caller, webhook["id"], {"limit": _LATEST}
    )
    with transaction(visit.services.database) as cursor:
        figures = webhook_figures.of_org(cursor, visit.org.id)[webhook["id"]]
    values = {
        "webhook": webhook,
        "figures": figures,
        "counted_max": webhook_figures.COUNTED_MAX,
        "deliveries": latest["data"],
        "has_more": latest["has_more"],
        "ranges": _RANGES,
        "replay": None,
    }
    return Page("webhooks/show.html", values | _replay_count(visit, webhook["id"]))


def set_status(visit: Visit) -> Redirect:
    """Pause a webhook, or make it active: what it held goes out."""
    status = "paused" if visit.form.get("status") == "paused" else "active"
    visit.operations.edit_webhook(visit.caller, visit.path["id"], body={"status": status})
    told = {"paused": "Paused: its deliveries wait.", "active": "Active: what it held goes out."}
    return Redirect(_path(visit), told[status])


def ping(visit: Visit) -> Redirect:
    """Send a test event, and show what came of it."""
    sent = visit.operations.ping_webhook(visit.caller, visit.path["id"])["data"]
    return Redirect(f"/console/deliveries/{sent['delivery_id']}", "A test event is on its way.")


def rotate(visit: Visit) -> Page:
    """Sign with a new secret, and for a day with the old one, too."""
    made = visit.operations.rotate_secret(visit.caller, visit.path["id"])
    return _secret(visit, made, "has a new secret; the old one signs for another 24 hours")


def replay(visit: Visit) -> Redirect:
    """Send past events again: exactly what was counted before."""
    wanted: dict[str, object] = {"only_failed": bool(visit.form.get("only_failed"))}
    wanted |= {name: visit.form[name] for name in ("since", "until") if visit.form.get(name)}
    visit.operations.create_replay(visit.caller, visit.path["id"], body=wanted)
    return Redirect(_path(visit), "The replay runs: events go out no faster than they are taken.")


def delete(visit: Visit) -> Redirect:
    """End a subscription."""
    visit.operations.delete_webhook(visit.caller, visit.path["id"])
    return Redirect(PATH, "The webhook was deleted; what was still owed to it is cancelled.")


def _path(visit: Visit) -> str:
    return f"{PATH}/{visit.path['id']}"


def _list(visit: Visit, problems: dict[str, str] | None = None) -> Page:
    found = visit.operations.list_webhooks(visit.caller, query={"limit": str(_SHOWN_MAX)})
    with transaction(visit.services.database) as cursor:
        figures = webhook_figures.of_org(cursor, visit.org.id)
    values = {
        "webhooks": [each for each in found["data"] if each["id"] in figures],
        "figures": figures,
        "counted_max": webhook_figures.COUNTED_MAX,
        "event_types": EVENT_TYPES,
        "problems": problems or {},
        "typed": visit.form,
    }
    return Page("webhooks/list.html", values, 422 if problems else 200)


def _secret(visit: Visit, made: dict[str, Any], what: str) -> Page:
    values = {"webhook": made["data"], "secret": made["secret"], "what": what}
    return Page("webhooks/secret.html", values | {"snippets": SNIPPETS})


def _replay_count(visit: Visit, webhook_id: str) -> dict[str, object]:
    """How many events a replay of the chosen range would send, if one was chosen."""
    chosen = visit.query.get("replay")
    if chosen is None or chosen not in (*_HOURS, "all"):
        return {}
    until = now()
    times = {"until": rfc3339(until)}
    if hours := _HOURS.get(chosen):
        times["since"] = rfc3339(until - timedelta(hours=hours))
    only_failed = bool(visit.query.get("only_failed"))
    body: dict[str, object] = {"only_failed": only_failed, "dry_run": True, **times}
    counted = visit.operations.create_replay(visit.caller, webhook_id, body=body)["data"]["total"]
    return {"replay": {"total": counted, "only_failed": only_failed, **times}}
