"""Contacts: a person's fields, where each value comes from, and a timeline."""

from __future__ import annotations

from typing import Any

import msgspec

from app.console import origins, touches
from app.console.visit import Download, Page, Redirect, Visit
from app.domain.contact.contact import Contact
from app.domain.contact.contact_metadata import register_of
from app.domain.contact_fields import CONTACT_LENGTHS_MAX, SOURCES, STAGES
from app.domain.errors import Conflict, Invalid, NotFound
from app.domain.ids import ulid_of
from app.domain.org.user import sign_in_address
from app.domain.times import parse_rfc3339
from app.storage.contact import contact_lists, contacts
from app.storage.contact.contact_lists import Filters
from app.storage.database import Cursor, transaction
from app.storage.lead import lead_trace

PATH = "/console/contacts"
PAGE_CONTACTS = 50
#: Submissions and events in the timeline.
_TIMELINE_MAX = 100
_FIELDS = (
    *("first_name", "last_name", "phone", "title", "linkedin_url", "stage", "source"),
    *("source_detail", "company_id", "owner_id"),
)


def show_list(visit: Visit) -> Page:
    """The org's contacts, the newest first."""
    given = {name: visit.query.get(name, "").strip()[:320] for name in ("q", "stage", "source")}
    at, _, last_id = visit.query.get("after", "").rpartition("~")
    filters = Filters(
        stage=given["stage"] or None,
        source=given["source"] or None,
        email=sign_in_address(given["q"]) or given["q"] or None,
    )
    with transaction(visit.services.database) as cursor:
        rows = contact_lists.page(
            cursor, visit.org.id, filters, "-created_at", _place(at, last_id), PAGE_CONTACTS + 1
        )
    last = rows[PAGE_CONTACTS - 1] if len(rows) > PAGE_CONTACTS else None
    values = {
        "contacts": rows[:PAGE_CONTACTS],
        "filters": given,
        "is_filtered": any(given.values()),
        "is_first": not at,
        "next": f"{last.created_at.isoformat()}~{last.id}" if last else "",
        "stages": STAGES,
        "sources": SOURCES,
    }
    return Page("contacts/list.html", values)


def _place(at: str, last_id: str) -> tuple[str, str] | None:
    """The position where a page starts; the beginning if the value is invalid."""
    try:
        return (parse_rfc3339(at).isoformat(), last_id) if at else None
    except ValueError:
        return None


def show(visit: Visit) -> Page:
    """One contact."""
    return _page(visit)


def _page(visit: Visit, problems: dict[str, str] | None = None) -> Page:
    with transaction(visit.services.database) as cursor:
        contact = _find(visit, cursor)
        ids = [contact.id, *contacts.aliases_of(cursor, contact.id)]
        events = lead_trace.events_of(cursor, visit.org.id, ids, _TIMELINE_MAX)
        known = origins.known_captures(cursor, visit.org.id, contact)
        leads = lead_trace.captures_among(
            cursor, visit.org.id, [f"cap_{ulid_of(event.id)}" for event in events]
        )
    values = {
        "contact": contact,
        "rows": [_row(contact, name, known) for name in _FIELDS],
        "metadata": [
            (name, value, origins.origin_of(contact, register_of(name), known))
            for name, value in contact.metadata.items()
        ],
        "touches": touches.of_contact(contact.attribution),
        "timeline": [_moment(event, leads) for event in events],
        "stages": STAGES,
        "sources": SOURCES,
        "lengths": CONTACT_LENGTHS_MAX,
        "problems": problems or {},
        "typed": dict(visit.form),
    }
    return Page("contacts/show.html", values, 422 if problems else 200)


def edit(visit: Visit) -> Page | Redirect:
    """Change only the fields that the user changed in the form."""
    contact_id = visit.id_in_path("cont", "Contact")
    form = visit.form
    edits: dict[str, object] = {
        name: form[name].strip() or None
        for name in ("email", *_FIELDS)
        if name in form and form[name].strip() != form.get(f"was_{name}", "").strip()
    }
    if not edits:
        return Redirect(f"{PATH}/{contact_id}", "Nothing was changed.")
    try:
        visit.operations.edit_contact(visit.caller, contact_id, body=edits)
    except Invalid as error:
        return _page(visit, error.fields)
    except Conflict as error:
        return _page(visit, {"email": error.message})
    names = ", ".join(name.replace("_", " ") for name in edits)
    return Redirect(f"{PATH}/{contact_id}", f"Changed: {names}.")


def delete(visit: Visit) -> Redirect:
    """Delete a contact; its submissions stay."""
    visit.operations.delete_contact(visit.caller, visit.id_in_path("cont", "Contact"))
    return Redirect(PATH, "The contact was deleted. Captured again, it starts afresh.")


def erase(visit: Visit) -> Redirect:
    """Forget a person everywhere."""
    contact_id = visit.id_in_path("cont", "Contact")
    visit.operations.delete_contact(visit.caller, contact_id, {"erase": "true"})
    return Redirect(PATH, "The person was erased from every table and queue.")


def export(visit: Visit) -> Download:
    """Everything stored about a person, as JSON."""
    contact_id = visit.id_in_path("cont", "Contact")
    found = visit.operations.export_contact(visit.caller, contact_id)["data"]
    text = msgspec.json.format(msgspec.json.encode(found), indent=2)
    return Download(f"{contact_id}.json", "application/json", [text])


def _find(visit: Visit, cursor: Cursor) -> Contact:
    contact_id = visit.id_in_path("cont", "Contact")
    found = contacts.find(cursor, visit.org.id, contact_id)
    if found is None:
        raise NotFound("Contact not found. It may have been deleted or erased.")
    return found


def _row(contact: Contact, name: str, known: set[str]) -> dict[str, Any]:
    value = getattr(contact, name)
    return {"name": name, "value": value, "origin": origins.origin_of(contact, name, known)}


def _moment(event: lead_trace.TracedEvent, leads: set[str]) -> dict[str, Any]:
    """A line of the timeline: a submission, or what a user or program did."""
    data = msgspec.json.decode(event.data)
    capture_id = f"cap_{ulid_of(event.id)}"
    return {
        "at": event.occurred_at,
        "what": event.type.removeprefix("contact."),
        "changes": [str(name) for name in data.get("changes") or []],
        "path": f"/console/leads/{capture_id}" if capture_id in leads else "",
    }
