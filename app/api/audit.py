"""The audit log: who changed what, and when."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from app.api.call import Answer, Call
from app.api.cursors import encode_cursor
from app.api.id_ranges import id_range
from app.api.lists import Page, page_of
from app.api.operation import Operation, describe
from app.api.queries import Id, Moment, SortedQuery, Words, read_query, split_words
from app.domain.errors import Invalid
from app.domain.times import rfc3339
from app.storage.database import transaction
from app.storage.org import audit_lists
from app.storage.org.audit_lists import ListedEntry

_ACTION = re.compile(r"[a-z_]+\.(?:[a-z_]+|\*)")


class AuditQuery(SortedQuery):
    """What `GET /audit` takes."""

    sort: Literal["created_at", "-created_at"] = "-created_at"
    actor: (
        Annotated[Id, Meta(description="A key's id, `manage`, `system` or `anonymous`")] | None
    ) = None
    action: (
        Annotated[Words, Meta(description="Actions, with commas: `webhook.created`, `key.*`")]
        | None
    ) = None
    subject_id: Annotated[Id, Meta(description="What was changed")] | None = None
    since: Moment | None = None
    until: Moment | None = None


class AuditEntryView(msgspec.Struct, kw_only=True):
    """One change. It holds ids, never an address."""

    id: str
    created_at: str
    actor: str
    action: str
    subject_id: str | None
    details: dict[str, object]


@describe(Operation("Audit log", {200: Page[AuditEntryView]}, query=AuditQuery))
def list_audit_entries(call: Call) -> Answer:
    """Every change in this org: who, what and when, newest first.

    With a filter, a page may hold fewer entries than `limit`, or none, while `has_more` is true.
    """
    query = read_query(call.query, AuditQuery)
    ids = id_range(query, "aud", query.since, query.until)
    actions = _actions(query.action)
    wanted = audit_lists.Wanted(call.org.id, *ids, query.actor, actions, query.subject_id)
    with transaction(call.services.database) as cursor:
        looked = audit_lists.page(cursor, wanted, query.limit, newest_first=query.newest_first)
    next_cursor = encode_cursor(query.sort, looked.last_id or "") if looked.has_more else None
    items = list(map(view, looked.entries))
    return Answer(
        page_of(AuditEntryView, items, query, has_more=looked.has_more, next_cursor=next_cursor)
    )


def view(entry: ListedEntry) -> AuditEntryView:
    """An entry as callers see it."""
    return AuditEntryView(
        id=entry.id,
        created_at=rfc3339(entry.at),
        actor=entry.actor,
        action=entry.action,
        subject_id=entry.subject_id,
        details=entry.details,
    )


def _actions(words: str | None) -> tuple[str, ...] | None:
    """The actions in the parameter, a family as what they begin with. Raises `Invalid`."""
    if words is None:
        return None
    actions = split_words(words)
    if not actions or not all(map(_ACTION.fullmatch, actions)):
        raise Invalid({"action": "expected actions such as webhook.created or key.*, with commas"})
    return tuple(each.removesuffix("*") for each in actions)
