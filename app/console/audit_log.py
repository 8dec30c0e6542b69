"""The audit log: who changed what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from app.console.exports import exported, pages_of
from app.console.visit import Download, Page, Visit
from app.domain.errors import Invalid
from app.domain.ids import is_id
from app.storage.database import transaction
from app.storage.org import users

PATH = "/console/audit"
_PAGE = "50"
_FILTER_CHARS_MAX = 100
_USERS_MAX = 500
#: Families of actions, as the filter offers them.
FAMILIES = (
    *("audit", "capture", "contact", "contacts", "deliveries", "delivery", "key", "leads", "org"),
    *("person", "replay", "session", "user", "webhook"),
)
_FILTERS = ("actor", "action", "subject_id", "from", "to")
_COLUMNS = ("id", "created_at", "actor", "action", "subject_id", "details")
#: Where what an id names is shown.
_PLACES = {
    **{"cont": "/console/contacts/", "cap": "/console/leads/", "whk": "/console/webhooks/"},
    "dlv": "/console/leads?q=",
}


def show(visit: Visit) -> Page:
    """Entries, the newest first."""
    filters = _filters(visit)
    problem = ""
    found: dict[str, Any] = {"data": [], "next_cursor": None}
    try:
        query = _asked(filters) | {"limit": _PAGE}
        if cursor := visit.query.get("cursor"):
            query["cursor"] = cursor
        found = visit.operations.list_audit_entries(visit.caller, query=query)
    except Invalid as error:
        problem = "; ".join(f"{name} {text}" for name, text in error.fields.items())
    values = {
        "entries": found["data"],
        "next_cursor": found["next_cursor"],
        "names": _names(visit),
        "place_of": place_of,
        "families": FAMILIES,
        "filters": filters,
        "is_filtered": any(filters.values()),
        "is_first": "cursor" not in visit.query,
        "problem": problem,
    }
    return Page("audit/list.html", values, 422 if problem else 200)


def export(visit: Visit) -> Download:
    """Export what the filters show as CSV or NDJSON, streamed."""
    query = _asked(_filters(visit))
    pages = pages_of(visit.operations.list_audit_entries, visit.caller, query)
    with transaction(visit.services.database) as cursor:
        visit.note(cursor, "audit.exported")
    return exported("audit", visit.query.get("as", ""), _COLUMNS, pages)


def place_of(subject_id: str) -> str:
    """The path of the page about what was changed; "" if there is none."""
    prefix = subject_id.partition("_")[0]
    return _PLACES[prefix] + subject_id if is_id(subject_id, prefix) and prefix in _PLACES else ""


def _filters(visit: Visit) -> dict[str, str]:
    given = {name: visit.query.get(name, "") for name in _FILTERS}
    return {
        name: value.replace("\0", "").strip()[:_FILTER_CHARS_MAX] for name, value in given.items()
    }


def _asked(filters: Mapping[str, str]) -> dict[str, str]:
    """The filters as the API takes them: a family matches by prefix, a day covers all of it."""
    asked = {name: filters[name] for name in ("actor", "subject_id") if filters[name]}
    if action := filters["action"]:
        asked["action"] = action if "." in action else f"{action}.*"
    if filters["from"]:
        asked["since"] = f"{filters['from']}T00:00:00Z"
    if filters["to"]:
        asked["until"] = f"{_day_after(filters['to'])}T00:00:00Z"
    return asked


def _day_after(text: str) -> date:
    try:
        return date.fromisoformat(text) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Invalid({"to": "must be a day such as 2026-03-16"}) from None


def _names(visit: Visit) -> dict[str, str]:
    """Names of actors by id."""
    with transaction(visit.services.database) as cursor:
        people = users.list_of(cursor, visit.org.id, _USERS_MAX)
    keys = visit.operations.list_keys(visit.caller, query={"limit": "200"})["data"]
    return {each.id: each.email for each in people} | {
        each["id"]: f"key {each['name'] or '…' + each['last4']}" for each in keys
    }
