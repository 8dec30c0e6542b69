"""Deliveries across webhooks: filtered, grouped by what went wrong, retried together."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from app.console.curl import curl
from app.console.visit import Page, Redirect, Visit
from app.domain.errors import Conflict, NotFound
from app.domain.ids import is_id

PATH = "/console/deliveries"
_PAGE = 50
#: Failed deliveries of which the causes are grouped: the latest.
_GROUPED = 200
_STATUSES = ("pending", "attempting", "succeeded", "failed", "cancelled", "held")


def show_list(visit: Visit) -> Page:
    """The deliveries that the filters show, the newest first."""
    status, webhook_id = visit.query.get("status", ""), visit.query.get("webhook", "")
    filters = {
        "status": status if status in _STATUSES else "",
        "webhook": webhook_id if is_id(webhook_id, "whk") else "",
    }
    asked = {"status": filters["status"], "webhook_id": filters["webhook"], "limit": str(_PAGE)}
    asked["cursor"] = visit.query.get("cursor", "")[:500]
    given = {name: value for name, value in asked.items() if value}
    found = visit.operations.list_deliveries(visit.caller, query=given)
    hooks = visit.operations.list_webhooks(visit.caller, query={"limit": "200"})["data"]
    values = {
        "deliveries": found["data"],
        "next_cursor": found["next_cursor"],
        "filters": filters,
        "statuses": _STATUSES,
        "webhooks": hooks,
        "names": {each["id"]: each["name"] for each in hooks},
        "is_first": not asked["cursor"],
        "causes": _causes(visit) if filters["status"] == "failed" else [],
        "grouped": _GROUPED,
    }
    return Page("deliveries/list.html", values)


def show(visit: Visit) -> Page:
    """One delivery that is not of a lead, such as a test event."""
    detail = visit.operations.get_delivery(visit.caller, visit.path["id"])["data"]
    request = detail["request"]
    headers = {name: value for name, value in request["headers"].items() if value is not None}
    values = {
        "delivery": detail,
        "is_open": detail["status"] in ("pending", "attempting"),
        "curl": curl("POST", request["url"], headers, request["body"] or ""),
    }
    return Page("deliveries/show.html", values, fragment="deliveries/body.html")


def retry_shown(visit: Visit) -> Redirect:
    """Send those that the form names again now: exactly what its page showed."""
    wanted = [each for each in visit.form.get("ids", "").split(",") if is_id(each, "dlv")]
    sent = sum(_retry(visit, delivery_id) for delivery_id in wanted[:_PAGE])
    noun = "delivery is" if sent == 1 else "deliveries are"
    return Redirect(PATH, f"{sent} {noun} sent again now.")


def _retry(visit: Visit, delivery_id: str) -> bool:
    try:
        visit.operations.retry_delivery(visit.caller, delivery_id)
    except (Conflict, NotFound):
        return False  # under way by now, or its webhook was deleted
    return True


def _causes(visit: Visit) -> list[dict[str, Any]]:
    """What the latest failures have in common, across webhooks; the most frequent first."""
    asked = {"status": "failed", "limit": str(_GROUPED)}
    found = visit.operations.list_deliveries(visit.caller, query=asked)["data"]
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in found:
        groups[str(each["last_status"] or each["last_error"] or each["last_result"])].append(each)
    causes = [
        {
            "cause": cause.replace("_", " "),
            "count": len(members),
            "webhooks": sorted({each["webhook_id"] for each in members}),
            "latest": members[0]["created_at"],
        }
        for cause, members in groups.items()
    ]
    return sorted(causes, key=lambda each: -each["count"])
