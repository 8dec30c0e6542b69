"""API keys: created, shown once, revoked."""

from __future__ import annotations

from app.console.visit import Page, Redirect, Visit
from app.domain.errors import Invalid
from app.domain.org.api_key import Scope

PATH = "/console/keys"
_PAGE = "100"
#: What each scope is for.
SCOPES = {
    Scope.READ_WRITE: "everything that the API can do",
    Scope.READ: "reads, and changes nothing",
    Scope.CAPTURE_ONLY: "sends leads, and reads nothing: fit for a page",
}
_KINDS = ("live", "test")


def show(visit: Visit) -> Page:
    """The org's keys, the newest first."""
    return _page(visit)


def create(visit: Visit) -> Page:
    """Create a key and show it this once."""
    form = visit.form
    body: dict[str, object] = {"name": form.get("name", "").strip() or None}
    body |= {name: form[name] for name in ("scope", "kind") if form.get(name)}
    try:
        made = visit.operations.create_key(visit.caller, body=body)
    except Invalid as error:
        return _page(visit, problems=dict(error.fields))
    return _page(visit, made=made)


def revoke(visit: Visit) -> Redirect:
    """Revoke a key."""
    visit.operations.revoke_key(visit.caller, visit.path["id"])
    return Redirect(PATH, "The key is revoked: within a second it is refused everywhere.")


def _page(
    visit: Visit,
    made: dict[str, object] | None = None,
    problems: dict[str, str] | None = None,
) -> Page:
    asked = {"sort": "-created_at", "limit": _PAGE}
    if cursor := visit.query.get("cursor"):
        asked["cursor"] = cursor
    found = visit.operations.list_keys(visit.caller, query=asked)
    values = {
        "keys": found["data"],
        "next_cursor": found["next_cursor"],
        "is_first": not cursor,
        "scopes": SCOPES,
        "kinds": _KINDS,
        "made": made,
        "problems": problems or {},
        "typed": visit.form,
        "origin": visit.public_origin,
    }
    return Page("keys/list.html", values, 422 if problems else 200)
