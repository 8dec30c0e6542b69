"""The contacts that the list's filters show, as a file."""

from __future__ import annotations

from app.console.exports import exported, pages_of
from app.console.visit import Download, Visit
from app.domain.contact_fields import SOURCES, STAGES
from app.storage.database import transaction

_COLUMNS = (
    *("id", "email", "first_name", "last_name", "phone", "title", "linkedin_url", "stage"),
    *("source", "source_detail", "company_id", "owner_id", "created_at", "updated_at"),
    *("first_captured_at", "last_captured_at", "captures_count", "metadata"),
)


def export(visit: Visit) -> Download:
    """Export as CSV or NDJSON, streamed."""
    given = {name: visit.query.get(name, "") for name in ("stage", "source")}
    query = {"stage": given["stage"] if given["stage"] in STAGES else ""}
    query |= {"source": given["source"] if given["source"] in SOURCES else ""}
    query |= {"email": visit.query.get("q", "").strip(), "sort": "-created_at"}
    wanted = {name: value for name, value in query.items() if value}
    rows = pages_of(visit.operations.list_contacts, visit.caller, wanted)
    with transaction(visit.services.database) as cursor:
        visit.note(cursor, "contacts.exported")
    return exported("contacts", visit.query.get("as", ""), _COLUMNS, rows)
