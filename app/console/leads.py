"""Leads: every submission with its outcome, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec

from app.console.visit import Download, Page, Redirect, Visit
from app.domain.capture.capture import CaptureStatus
from app.domain.contact_fields import SOURCES, STAGES
from app.domain.ids import derive_contact_id, first_ulid_at, is_id, time_of, ulid_of
from app.domain.org.user import sign_in_address
from app.domain.text.spreadsheet import csv_line
from app.domain.times import rfc3339
from app.storage.database import Database, transaction
from app.storage.lead import lead_lists, lead_trace
from app.storage.lead.leads import LOOKED_AT_MAX, Lead, Wanted

PATH = "/console/leads"
#: Leads of one page, of one step of an export, and of an export.
PAGE_LEADS = 50
_STEP, _EXPORTED_MAX = 500, 100_000
_QUERY_CHARS_MAX = 200
_WORDS_MAX = 8
_COLUMNS = (
    *("id", "received_at", "status", "reason", "contact_id", "email", "first_name", "last_name"),
    *("phone", "title", "source", "source_detail", "utm_campaign", "form", "stage", "marked"),
    "metadata",
)


def show(visit: Visit) -> Page | Redirect:
    """Show the list. Searching for an id goes to the page about it."""
    query = _query(visit)
    if found := _path_of_id(visit, query.get("q", "")):
        return Redirect(found)
    wanted = wanted_by(visit, query)
    with transaction(visit.services.database) as cursor:
        page = lead_lists.page(cursor, visit.org.id, wanted, PAGE_LEADS)
        progress = lead_lists.progress_of(cursor, _event_ids(page.leads))
    values = {
        "leads": page.leads,
        "progress": progress,
        "next_before": page.next_before,
        "filters": query,
        "is_filtered": any(query.get(name) for name in _FILTERS),
        "is_first": not query.get("before"),
        "sources": SOURCES,
        "stages": STAGES,
        "statuses": list(CaptureStatus),
        "looked_at_max": LOOKED_AT_MAX,
    }
    return Page("leads/list.html", values, fragment="leads/rows.html")


def release(visit: Visit) -> Redirect:
    """Record a quarantined lead after all."""
    capture_id = visit.id_in_path("cap", "Lead")
    visit.operations.release_capture(visit.caller, capture_id)
    return Redirect(f"{PATH}/{capture_id}", "Released: it is recorded and on its way to webhooks.")


def mark_as_spam(visit: Visit) -> Redirect:
    """Mark a lead as spam."""
    capture_id = visit.id_in_path("cap", "Lead")
    visit.operations.mark_as_spam(visit.caller, capture_id)
    return Redirect(f"{PATH}/{capture_id}", "Marked as spam. Its contact, if it has one, stays.")


def mark_as_not_spam(visit: Visit) -> Redirect:
    """Take the mark back."""
    capture_id = visit.id_in_path("cap", "Lead")
    visit.operations.mark_as_not_spam(visit.caller, capture_id)
    return Redirect(f"{PATH}/{capture_id}", "Marked as not spam.")


def export(visit: Visit) -> Download:
    """Export what the filters show as CSV or NDJSON, streamed."""
    query = _query(visit)
    wanted = wanted_by(visit, query)
    with transaction(visit.services.database) as cursor:
        visit.note(cursor, "leads.exported")
    leads = _all(visit.services.database, visit.org.id, wanted)
    if visit.query.get("as") == "ndjson":
        lines = (msgspec.json.encode(exported(lead)) + b"\n" for lead in leads)
        return Download("leads.ndjson", "application/x-ndjson", lines)
    return Download("leads.csv", "text/csv; charset=utf-8", _csv(leads))


def wanted_by(visit: Visit, query: dict[str, str]) -> Wanted:
    """The leads that the filters in the URL ask for; invalid filters are left out."""
    search, status = query.get("q", ""), query.get("status", "")
    address = sign_in_address(search) if "@" in search else None
    org = visit.org
    first, last = _day(query.get("day", ""))
    before = query.get("before", "")
    return Wanted(
        statuses=(status,) if status in tuple(CaptureStatus) else (),
        source=query.get("source", ""),
        campaign=query.get("campaign", ""),
        form=query.get("form", ""),
        stage=query.get("stage", ""),
        words=() if address else tuple(search.lower().split()[:_WORDS_MAX]),
        contact_ids=(
            (derive_contact_id(org.created_ms, org.id_secret, address),) if address else ()
        ),
        after=first,
        before=min(last, before) if before else last,
    )


_FILTERS = ("q", "source", "campaign", "form", "stage", "status", "day")


def _query(visit: Visit) -> dict[str, str]:
    """The filters in the URL, cleaned."""
    given = {name: visit.query.get(name, "") for name in (*_FILTERS, "before")}
    return {
        name: value.replace("\0", "").strip()[:_QUERY_CHARS_MAX] for name, value in given.items()
    }


def _day(text: str) -> tuple[str, str]:
    """The first and last ULID of a day (UTC); of all time if it is not a day."""
    try:
        start = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        bounds = [int(at.timestamp() * 1000) for at in (start, start + timedelta(days=1))]
        return first_ulid_at(max(0, bounds[0])), first_ulid_at(max(0, bounds[1]))
    except (ValueError, OverflowError):
        return "", "~"


def _path_of_id(visit: Visit, text: str) -> str | None:
    """The path of the page about what an id names."""
    if is_id(text, "cap"):
        return f"{PATH}/{text}"
    if is_id(text, "evt"):
        return f"{PATH}/cap_{ulid_of(text)}"
    if is_id(text, "cont"):
        return f"/console/contacts/{text}"
    if is_id(text, "dlv"):
        with transaction(visit.services.database) as cursor:
            event_id = lead_trace.event_of_delivery(cursor, visit.org.id, text)
            capture_id = f"cap_{ulid_of(event_id)}" if event_id else ""
            capture = event_id and lead_trace.find_capture(cursor, visit.org.id, capture_id)
        return f"{PATH}/{capture_id}#{text}" if capture else f"/console/deliveries/{text}"
    return None


def _event_ids(leads: Iterable[Lead]) -> list[str]:
    return [lead.event_id for lead in leads if lead.event_id]


def _all(database: Database, org_id: str, wanted: Wanted) -> Iterator[Lead]:
    """Every lead that matches, up to `_EXPORTED_MAX`; one transaction per page."""
    left = _EXPORTED_MAX
    while left > 0:
        with transaction(database) as cursor:
            page = lead_lists.page(cursor, org_id, wanted, min(left, _STEP))
        yield from page.leads
        left -= len(page.leads)
        if page.next_before is None:
            return
        wanted = wanted._replace(before=page.next_before)


def exported(lead: Lead) -> dict[str, object]:
    """A lead as a record of an export."""
    capture, payload = lead.capture, lead.capture.payload
    metadata = payload.get("metadata", {})
    own = {
        "id": capture.id,
        "received_at": rfc3339(time_of(capture.id)),
        "status": capture.status,
        "reason": capture.reason,
        "contact_id": lead.contact_id,
        "utm_campaign": metadata.get("utm_campaign"),
        "stage": lead.stage,
        "marked": capture.marked,
        "metadata": metadata,
    }
    return {name: own[name] if name in own else payload.get(name) for name in _COLUMNS}


def _csv(leads: Iterable[Lead]) -> Iterator[bytes]:
    yield csv_line(_COLUMNS)
    for lead in leads:
        record = exported(lead)
        record["metadata"] = msgspec.json.encode(record["metadata"]).decode()
        yield csv_line(record.values())
