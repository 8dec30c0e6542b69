"""Quarantine: leads that were set aside, with the reasons, to be released by hand."""

from __future__ import annotations

from app.console.visit import Page, Redirect, Visit
from app.domain.errors import Conflict, NotFound
from app.domain.ids import is_id
from app.storage.database import transaction
from app.storage.lead import lead_lists
from app.storage.lead.leads import Wanted

PATH = "/console/quarantine"
PAGE_LEADS = 50
_STATUSES = ("quarantined", "rejected")


def show(visit: Visit) -> Page:
    """Show the leads that were set aside, newest first."""
    status = visit.query.get("status", "")
    status = status if status in _STATUSES else "quarantined"
    before = visit.query.get("before", "")[:26]
    wanted = Wanted(statuses=(status,), before=before or "~")
    with transaction(visit.services.database) as cursor:
        page = lead_lists.page(cursor, visit.org.id, wanted, PAGE_LEADS)
    values = {
        "leads": page.leads,
        "next_before": page.next_before,
        "status": status,
        "statuses": _STATUSES,
        "is_first": not before,
    }
    return Page("quarantine/list.html", values)


def release(visit: Visit) -> Redirect:
    """Release the leads that the form names: exactly those its page showed."""
    wanted = [each for each in visit.form.get("ids", "").split(",") if is_id(each, "cap")]
    released = sum(_release(visit, capture_id) for capture_id in wanted[:PAGE_LEADS])
    noun = "lead" if released == 1 else "leads"
    return Redirect(PATH, f"{released} {noun} released, and on the way to webhooks.")


def _release(visit: Visit, capture_id: str) -> bool:
    try:
        visit.operations.release_capture(visit.caller, capture_id)
    except (Conflict, NotFound):
        return False  # somebody else was faster
    return True
