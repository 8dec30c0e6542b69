"""One lead's trace: from the submission over the merge and the event to every attempt."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Any

import msgspec

from app.console import origins, touches
from app.console.curl import curl
from app.console.leads import PATH
from app.console.rendering import duration
from app.console.visit import Page, Redirect, Visit
from app.console.waterfall import Step, Waterfall, draw
from app.domain.capture.capture import CaptureStatus
from app.domain.contact.contact import Contact
from app.domain.contact.contact_metadata import register_of
from app.domain.delivery.lateness import Facts, why_late
from app.domain.errors import Conflict, NotFound
from app.domain.ids import time_of, ulid_of
from app.domain.times import now
from app.storage.capture.captures import StoredCapture
from app.storage.contact import contacts
from app.storage.database import transaction
from app.storage.lead import lead_trace
from app.storage.lead.lead_trace import TracedAttempt, TracedDelivery, TracedEvent

_OPEN = ("pending", "attempting")
#: What of a payload is no field of the contact; metadata has its own registers.
_NO_FIELDS = ("email", "form", "touches", "metadata")
#: Attempts in the waterfall: the latest.
_STEPS_MAX = 30


def show(visit: Visit) -> Page:
    """The trace of a lead."""
    capture_id = visit.id_in_path("cap", "Lead")
    with transaction(visit.services.database) as cursor:
        capture = lead_trace.find_capture(cursor, visit.org.id, capture_id)
        if capture is None:
            raise NotFound("Lead not found. If it was sent just now, it may still be in the queue.")
        event = lead_trace.find_event(cursor, visit.org.id, f"evt_{ulid_of(capture.id)}")
        contact_id = event.contact_id if event else None
        contact = contacts.find(cursor, visit.org.id, contact_id) if contact_id else None
        deliveries = lead_trace.deliveries_of(cursor, event.id) if event else []
        attempts = lead_trace.latest_attempts(cursor, [each.id for each in deliveries], _STEPS_MAX)
        known = origins.known_captures(cursor, visit.org.id, contact)
    details = visit.operations.deliveries_of_event(visit.caller, event.id) if event else []
    # One that was made or deleted in between is for the next look.
    by_id = {each["id"]: each for each in details}
    sent = [_delivery(each, by_id[each.id]) for each in deliveries if each.id in by_id]
    received = time_of(capture.id)
    values = {
        "capture": capture,
        "received": received,
        "recorded": event.occurred_at if event else None,
        "recorded_after": _after(received, event.occurred_at if event else None),
        "event": event,
        "contact": contact,
        "touches": touches.of_capture(capture),
        "fields": _fields(capture, contact, known),
        "changes": _changes(event),
        "deliveries": sent,
        "is_open": any(d.status in _OPEN for d in deliveries),
        "may_release": capture.status == CaptureStatus.QUARANTINED,
        "capture_curl": curl("POST", f"{visit.public_origin}/capture", _JSON, _body(capture)),
        "waterfall": _waterfall(received, event, deliveries, attempts),
    }
    return Page("leads/trace.html", values, fragment="leads/trace_body.html")


_JSON = {"Content-Type": "application/json"}


def retry(visit: Visit) -> Redirect:
    """Send a delivery again now."""
    delivery_id = visit.id_in_path("dlv", "Delivery")
    answered = visit.operations.retry_delivery(visit.caller, delivery_id)["data"]
    capture_id = f"cap_{ulid_of(answered['event_id'])}"
    with transaction(visit.services.database) as cursor:
        is_of_lead = lead_trace.find_capture(cursor, visit.org.id, capture_id) is not None
    own = f"{PATH}/{capture_id}#{delivery_id}"
    path = own if is_of_lead else f"/console/deliveries/{delivery_id}"
    return Redirect(path, "The delivery is sent again now.")


def retry_failed(visit: Visit) -> Redirect:
    """Send all failed deliveries of a lead again now."""
    capture_id = visit.id_in_path("cap", "Lead")
    with transaction(visit.services.database) as cursor:
        event = lead_trace.find_event(cursor, visit.org.id, f"evt_{ulid_of(capture_id)}")
        sent = lead_trace.deliveries_of(cursor, event.id) if event else []
    failed = [delivery.id for delivery in sent if delivery.status == "failed"]
    if not failed:
        raise Conflict("No delivery of this lead has failed")
    for delivery_id in failed:
        visit.operations.retry_delivery(visit.caller, delivery_id)
    count = "1 delivery is" if len(failed) == 1 else f"{len(failed)} deliveries are"
    return Redirect(f"{PATH}/{capture_id}", f"{count} sent again now.")


def _body(capture: StoredCapture) -> str:
    return msgspec.json.encode(capture.payload).decode()


def _fields(
    capture: StoredCapture, contact: Contact | None, known: Set[str]
) -> list[dict[str, object]]:
    """Each field that was sent, with the contact's current value and the write it came from."""
    sent, metadata = capture.payload, capture.payload.get("metadata") or {}
    named = [(name, name, value) for name, value in sent.items() if name not in _NO_FIELDS]
    named += [(register_of(name), name, value) for name, value in metadata.items()]
    return [
        {
            "name": name,
            "sent": value,
            "now": contact and origins.value_of(contact, register),
            "origin": contact and origins.origin_of(contact, register, known, capture.id),
        }
        for register, name, value in named
    ]


def _changes(event: TracedEvent | None) -> list[str]:
    """The names of the fields that the submission changed."""
    found = msgspec.json.decode(event.data).get("changes") if event else None
    return [str(name) for name in found] if isinstance(found, list) else []


def _delivery(traced: TracedDelivery, detail: dict[str, Any]) -> dict[str, Any]:
    """A delivery as the page shows it."""
    last = detail["last_status"] or detail["last_error"]
    shared = {name: getattr(traced, name) for name in Facts._fields if hasattr(traced, name)}
    facts = Facts(**shared, last=str(last) if last else None)
    request = detail["request"]
    shown = {name: value for name, value in request["headers"].items() if value is not None}
    return {
        "traced": traced,
        "status": detail["status"],
        "why": why_late(facts, now(), duration),
        "is_scheduled": (
            traced.status == "pending"
            and traced.next_attempt_at is not None
            and traced.next_attempt_at > now()
        ),
        "took": _after(traced.created_at, traced.settled_at),
        "request": request,
        "curl": curl("POST", request["url"], shown, request["body"] or ""),
        "attempts": detail["attempts"][::-1],
        "may_retry": traced.status != "attempting" and traced.webhook_status != "deleted",
    }


def _after(first: datetime, later: datetime | None) -> float | None:
    return None if later is None else (later - first).total_seconds()


def _waterfall(
    received: datetime,
    event: TracedEvent | None,
    deliveries: Sequence[TracedDelivery],
    attempts: Sequence[TracedAttempt],
) -> Waterfall:
    """The recording and the latest attempts, in milliseconds since the lead arrived."""
    if event is None:
        return draw([])
    names = {delivery.id: delivery.webhook_name for delivery in deliveries}
    steps: list[Step] = [("Recorded", 0.0, _milliseconds(received, event.occurred_at), "ok")]
    for attempt in attempts:
        start = _milliseconds(received, attempt.started_at)
        tone = "ok" if attempt.result == "succeeded" else "bad"
        label = f"{names[attempt.delivery_id]} #{attempt.number}"
        steps.append((label, start, start + (attempt.total_ms or 0), tone))
    return draw(sorted(steps, key=lambda step: step[1]))


def _milliseconds(first: datetime, later: datetime) -> float:
    return (later - first).total_seconds() * 1000
