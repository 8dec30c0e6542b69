"""Captures: a contact's history, and quarantined and rejected ones for review and release."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from app.api.call import Answer, Call, existing
from app.api.contacts import find_contact
from app.api.lists import Page, make_sorted_page
from app.api.operation import One, Operation, describe
from app.api.queries import Form, SortedQuery, read_query
from app.api.views import view_of
from app.domain.capture.capture import CaptureStatus
from app.domain.errors import Conflict
from app.domain.ids import time_of
from app.domain.spam.captcha import Verification
from app.domain.times import now, rfc3339
from app.storage.capture import capture_lists
from app.storage.capture.captures import NOT_SPAM, SPAM, StoredCapture
from app.storage.contact import contacts
from app.storage.database import transaction
from app.storage.delivery.events import publish
from app.storage.recording import merge

_TAG = "Captures"
SetAside = Literal["quarantined", "rejected"]
_SET_ASIDE = ("quarantined", "rejected")


class HistoryQuery(SortedQuery):
    """What `GET /contacts/{id}/captures` takes."""

    sort: Literal["received_at", "-received_at"] = "-received_at"
    form: Form | None = None


class SetAsideQuery(HistoryQuery):
    """What `GET /captures` takes."""

    status: Annotated[SetAside, Meta(description="Both when absent")] | None = None


class CaptureView(msgspec.Struct, kw_only=True):
    """One submission as it came in."""

    id: str
    #: The contact id in its answer.
    contact_id: str | None
    status: CaptureStatus
    #: Why it was quarantined or rejected; kept after a release.
    reason: str | None
    received_at: str
    form: str | None
    #: What the visitor sent, without absent fields.
    payload: dict[str, object]
    keyed: bool
    client_address: str | None
    user_agent: str | None
    referrer: str | None
    #: Points of all signals; null: not scored. Higher looks more like spam.
    spam_score: float | None
    #: The signals that were found.
    spam_signals: list[str] | None
    #: What a person said of it.
    marked: Literal["spam", "not_spam"] | None
    #: What the captcha's provider said; null: no captcha. `unverified`: it could not say.
    verification: Verification | None


@describe(Operation(_TAG, {200: Page[CaptureView]}, query=HistoryQuery))
def list_contact_captures(call: Call) -> Answer:
    """Every capture of a contact, including those under former addresses, newest first."""
    query = read_query(call.query, HistoryQuery)
    with transaction(call.services.database) as cursor:
        contact = find_contact(cursor, call)
        rows = capture_lists.of_contact(
            cursor,
            [contact.id, *contacts.aliases_of(cursor, contact.id)],
            query.after,
            query.limit + 1,
            newest_first=query.newest_first,
            form=query.form,
        )
    return Answer(make_sorted_page(CaptureView, rows, query, view))


@describe(Operation(_TAG, {200: Page[CaptureView]}, query=SetAsideQuery))
def list_set_aside(call: Call) -> Answer:
    """Quarantined and rejected captures, newest first."""
    query = read_query(call.query, SetAsideQuery)
    with transaction(call.services.database) as cursor:
        rows = capture_lists.set_aside(
            cursor,
            call.org.id,
            [query.status] if query.status else _SET_ASIDE,
            query.after,
            query.limit + 1,
            newest_first=query.newest_first,
            form=query.form,
        )
    return Answer(make_sorted_page(CaptureView, rows, query, view))


@describe(Operation(_TAG, {200: One[CaptureView]}, errors=("conflict",)))
def release_capture(call: Call) -> Answer:
    """Record a quarantined capture after all, with its event, as if it had just arrived.

    It keeps its id and so its position in time: whatever a keyed caller or a later capture has
    written to the contact since then wins, as if the capture had never been held.
    """
    with transaction(call.services.database) as cursor:
        capture_id = call.id_in_path("cap", "Capture")
        row = existing(capture_lists.lock(cursor, call.org.id, capture_id), "Capture")
        if row.status != CaptureStatus.QUARANTINED:
            raise Conflict(f"Only a quarantined capture can be released; this one is {row.status}")
        capture_lists.mark_recorded(cursor, row.id)
        row.status, row.marked = CaptureStatus.RECORDED, NOT_SPAM
        events = merge(cursor, [capture_lists.as_received(row)], now())
        webhook_ids = publish(cursor, events)
        call.note(cursor, "capture.released", row.id)
    call.services.notifier.notify(webhook_ids)
    return Answer(One(view(row)))


@describe(Operation(_TAG, {200: One[CaptureView]}, errors=("conflict",)))
def mark_as_spam(call: Call) -> Answer:
    """Note that a capture is spam. One in quarantine stays there; a recorded one's contact stays.

    Delete the contact if it should go. `not-spam` and a later release take the mark back.
    """
    return _mark(call, SPAM)


@describe(Operation(_TAG, {200: One[CaptureView]}, errors=("conflict",)))
def mark_as_not_spam(call: Call) -> Answer:
    """Mark a capture as not spam. If it is in quarantine, it stays there until released."""
    return _mark(call, NOT_SPAM)


def _mark(call: Call, said: str) -> Answer:
    with transaction(call.services.database) as cursor:
        capture_id = call.id_in_path("cap", "Capture")
        row = existing(capture_lists.lock(cursor, call.org.id, capture_id), "Capture")
        if row.status == CaptureStatus.REJECTED:
            raise Conflict("A rejected capture is not marked: it has neither contact nor event")
        if row.marked != said:
            capture_lists.mark(cursor, row.id, said)
            row.marked = said
            call.note(cursor, f"capture.marked_as_{said}", row.id)
    return Answer(One(view(row)))


def view(row: StoredCapture) -> CaptureView:
    """A capture as callers see it."""
    return view_of(
        CaptureView, row, received_at=rfc3339(time_of(row.id)), form=row.payload.get("form")
    )
