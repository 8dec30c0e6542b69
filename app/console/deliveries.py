"""Deliveries of all webhooks: filtered, grouped by cause of failure, each with its attempts."""

from __future__ import annotations

from typing import Any

from app.console.curl import curl
from app.console.delivery_retries import GROUPED, causes_of, wanted_by
from app.console.exports import exported, pages_of
from app.console.visit import Download, Page, Visit
from app.domain.ids import is_id
from app.domain.webhook.event import EVENT_TYPES
from app.storage.database import transaction
from app.storage.delivery import failed_deliveries
from app.storage.delivery.failed_deliveries import Failed

_PAGE = 50
#: Failed deliveries that a page of one cause is taken from: the latest before it.
_LOOKED_AT_FOR_CAUSE = 1000
_STATUSES = ("pending", "attempting", "succeeded", "failed", "cancelled", "held")
_COLUMNS = (
    *("id", "created_at", "webhook_id", "event_id", "event_type", "contact_id", "status"),
    *("attempts_count", "last_status", "last_error", "next_attempt_at", "settled_at"),
)


def show_list(visit: Visit) -> Page:
    """The deliveries that the filters show, the newest first."""
    filters = _filters(visit)
    is_grouped = filters["status"] == "failed" and not filters["cause"]
    found = _of_cause(visit, filters) if filters["cause"] else _listed(visit, filters)
    hooks = visit.operations.list_webhooks(visit.caller, query={"limit": "200"})["data"]
    values = {
        "deliveries": found["data"],
        "next": found["next"],
        "filters": filters,
        "is_filtered": any(filters.values()),
        "statuses": _STATUSES,
        "event_types": EVENT_TYPES,
        "webhooks": hooks,
        "names": {each["id"]: each["name"] for each in hooks},
        "is_first": not visit.query.get("from"),
        "causes": causes_of(_failed(visit, filters)) if is_grouped else [],
        "grouped": GROUPED,
    }
    return Page("deliveries/list.html", values)


def show(visit: Visit) -> Page:
    """One delivery with its request and its attempts."""
    detail = visit.operations.get_delivery(visit.caller, visit.path["id"])["data"]
    request = detail["request"]
    headers = {name: value for name, value in request["headers"].items() if value is not None}
    values = {
        "delivery": detail,
        "is_open": detail["status"] in ("pending", "attempting"),
        "curl": curl("POST", request["url"], headers, request["body"] or ""),
    }
    return Page("deliveries/show.html", values, fragment="deliveries/body.html")


def export(visit: Visit) -> Download:
    """Export what the filters show as CSV or NDJSON, streamed."""
    query = _asked(_filters(visit))
    pages = pages_of(visit.operations.list_deliveries, visit.caller, query)
    with transaction(visit.services.database) as cursor:
        visit.note(cursor, "deliveries.exported")
    return exported("deliveries", visit.query.get("as", ""), _COLUMNS, pages)


def _filters(visit: Visit) -> dict[str, str]:
    """The filters in the URL; invalid ones are left out."""
    status, webhook_id = visit.query.get("status", ""), visit.query.get("webhook", "")
    kind, wanted = visit.query.get("type", ""), wanted_by(visit.query)
    return {
        "status": "failed" if wanted.cause else status if status in _STATUSES else "",
        "webhook": webhook_id if is_id(webhook_id, "whk") else "",
        "type": kind if kind in EVENT_TYPES else "",
        "cause": wanted.cause,
    }


def _asked(filters: dict[str, str]) -> dict[str, str]:
    """The filters as the API takes them, which knows no causes."""
    named = {"status": "status", "webhook": "webhook_id", "type": "event_type"}
    return {named[name]: value for name, value in filters.items() if value and name in named}


def _listed(visit: Visit, filters: dict[str, str]) -> dict[str, Any]:
    """A page of what the API lists; `next`: where the next one begins."""
    asked = _asked(filters) | {"limit": str(_PAGE)}
    if cursor := visit.query.get("from", ""):
        asked["cursor"] = cursor
    found = visit.operations.list_deliveries(visit.caller, query=asked)
    return {"data": found["data"], "next": found["next_cursor"]}


def _failed(visit: Visit, filters: dict[str, str]) -> list[Failed]:
    """The latest failed ones of these filters, as many as are grouped."""
    with transaction(visit.services.database) as cursor:
        return failed_deliveries.latest(cursor, visit.org.id, wanted_by(filters), GROUPED)


def _of_cause(visit: Visit, filters: dict[str, str]) -> dict[str, Any]:
    """A page of those that failed for one cause, in the form in which the API lists deliveries."""
    wanted, before = wanted_by(filters), visit.query.get("from", "")
    if is_id(before, "dlv"):
        wanted = wanted._replace(last=before)
    with transaction(visit.services.database) as cursor:
        found = failed_deliveries.latest(cursor, visit.org.id, wanted, GROUPED)
        if len(found) <= _PAGE:  # it is a rare one
            found = failed_deliveries.latest(cursor, visit.org.id, wanted, _LOOKED_AT_FOR_CAUSE)
    data = [
        each._asdict()
        | {"status": "failed", "attempts_count": each.attempts}
        | {"last_status": each.cause, "last_error": None}
        for each in found[:_PAGE]
    ]
    return {"data": data, "next": found[_PAGE - 1].id if len(found) > _PAGE else None}
