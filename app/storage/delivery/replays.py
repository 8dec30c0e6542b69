"""Replays: durable jobs that make a webhook's past events due again, a step at a time.

A step goes through some events in the order of their ids (for `only_failed`: through failed
deliveries in the order of theirs) and remembers how far it came in the same transaction, so a job
that is cut off goes on where it was. An event has one delivery per webhook, replayed or not: one
that is settled is opened again, one that is under way is left alone, a missing one is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from peewee import SQL, Case, Expression, fn

from app.domain.delivery.delivery import DeliveryStatus
from app.domain.ids import first_ulid_at
from app.domain.webhook.event import EVENT_TYPES, PING
from app.domain.webhook.webhook import WebhookStatus, subscribes
from app.storage.database import Cursor, execute, fetch, fetch_one
from app.storage.delivery.deliveries import reopen
from app.storage.delivery.new_deliveries import NewDelivery, insert_missing
from app.storage.models import Deliveries, Events, Replays, Webhooks, columns_for, select

_MILLISECONDS_MAX = 2**48 - 1
_SETTLED = (DeliveryStatus.SUCCEEDED, DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)


class ReplayStatus(StrEnum):
    """Where a replay is."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class Replay(msgspec.Struct):
    """A replay as stored. `types` None: whatever the webhook subscribes to."""

    id: str
    org_id: str
    webhook_id: str
    since: datetime | None
    #: Events that are made later than this are delivered anyway.
    until: datetime
    types: list[str] | None
    only_failed: bool
    status: ReplayStatus
    #: Events to go through, counted at the start.
    total: int
    #: Events gone through.
    done: int
    #: The id of the last one.
    reached: str | None
    created_at: datetime
    updated_at: datetime


_COLUMNS = columns_for(Replays, Replay)
_IS_RUNNING = Replays.status == ReplayStatus.RUNNING


def insert(cursor: Cursor, replay: Replay) -> None:
    """Store a new replay; it runs from now on."""
    execute(cursor, Replays.insert(**msgspec.structs.asdict(replay)))


def find(cursor: Cursor, org_id: str, replay_id: str) -> Replay | None:
    """An org's replay."""
    return fetch_one(cursor, select(Replays, Replay).filter(org_id=org_id, id=replay_id), Replay)


def cancel(cursor: Cursor, org_id: str, replay_id: str) -> bool:
    """Stop a replay that runs; False when it does not. What it opened already stays open."""
    cancelled = Replays.update(status=ReplayStatus.CANCELLED, updated_at=fn.now())
    its = (Replays.org_id == org_id) & (Replays.id == replay_id) & _IS_RUNNING
    return execute(cursor, cancelled.where(its)) == 1


def count_running(cursor: Cursor, org_id: str) -> int:
    """How many of an org's replays run."""
    its = Replays.select(fn.count(Replays.id)).where(_IS_RUNNING, Replays.org_id == org_id)
    return fetch_one(cursor, its, int) or 0


def running(cursor: Cursor) -> list[tuple[str, str]]:
    """Every replay that runs and its webhook, the oldest first."""
    found = Replays.select(Replays.id, Replays.webhook_id).where(_IS_RUNNING)
    return fetch(cursor, found.order_by(Replays.id), lambda *row: row)


def lock_running(cursor: Cursor, replay_id: str) -> tuple[Replay, list[str]] | None:
    """A replay that runs, and what its webhook subscribes to now.

    None when it has ended or another scheduler is at it. A deleted webhook subscribes to nothing.
    """
    deleted = Webhooks.status == WebhookStatus.DELETED
    found = (
        Replays.select(*_COLUMNS, Case(None, [(deleted, SQL("'{}'"))], Webhooks.events))
        .join(Webhooks, on=(Webhooks.id == Replays.webhook_id))
        .where(Replays.id == replay_id, _IS_RUNNING)
        .for_update(of=Replays, skip_locked=True)
    )
    return fetch_one(cursor, found, lambda *row: (Replay(*row[:-1]), row[-1]))


def count_due(cursor: Cursor, webhook_id: str, most: int) -> int:
    """How many deliveries of a webhook wait to be sent now, counted up to `most`."""
    pending = Deliveries.select(Deliveries.id).filter(webhook_id=webhook_id, status="pending")
    due = pending.where(Deliveries.next_attempt_at <= fn.now())
    return len(fetch(cursor, due.limit(most), str))


def count(cursor: Cursor, replay: Replay, subscribed: Sequence[str]) -> int:
    """How many events a replay would go through."""
    row: Any = Deliveries if replay.only_failed else Events
    total = row.select(fn.count(row.id)).where(_wanted(replay, subscribed))
    return fetch_one(cursor, total, int) or 0


def step(cursor: Cursor, replay: Replay, subscribed: Sequence[str], limit: int) -> int:
    """Go through up to `limit` more events of a locked replay; how many deliveries are due by it.

    When none is left, the replay is done.
    """
    go_through = _reopen_failed if replay.only_failed else _open
    ids, opened = go_through(cursor, replay, _wanted(replay, subscribed), limit)
    progress = Replays.update(
        done=Replays.done + len(ids),
        reached=ids[-1] if ids else replay.reached,
        status=ReplayStatus.RUNNING if len(ids) == limit else ReplayStatus.DONE,
        updated_at=fn.now(),
    )
    execute(cursor, progress.where(Replays.id == replay.id))
    return opened


def replayed_types(replay: Replay, subscribed: Sequence[str]) -> list[str]:
    """The event types of a replay: what the webhook subscribes to now, but no pings."""
    return [
        event_type
        for event_type in EVENT_TYPES
        if event_type != PING
        and subscribes(subscribed, event_type)
        and (replay.types is None or event_type in replay.types)
    ]


def _wanted(replay: Replay, subscribed: Sequence[str]) -> Any:
    """The rows that a replay goes through: events, or failed deliveries."""
    types = replayed_types(replay, subscribed)
    first, last = _first_id_at(replay.since), _first_id_at(replay.until)
    if not replay.only_failed:
        since = (Events.id >= first) & (Events.id < last)
        its = (Events.org_id == replay.org_id) & since & Events.type.in_(types)
        return its & _of_wanted_form(replay)
    since = (Deliveries.event_id >= first) & (Deliveries.event_id < last)
    its = (Deliveries.webhook_id == replay.webhook_id) & (Deliveries.status == "failed")
    return its & since & Deliveries.event_type.in_(types)


def _of_wanted_form(replay: Replay) -> Any:
    """What `app.domain.webhook.webhook.wants_form` says, for events that are not loaded."""
    any_form = Webhooks.forms == SQL("'{}'")
    wants = any_form | Events.contact_id.is_null() | (Events.form == fn.ANY(Webhooks.forms))
    return fn.EXISTS(Webhooks.select(SQL("1")).where(Webhooks.id == replay.webhook_id, wants))


def _first_id_at(moment: datetime | None) -> str:
    if moment is None:
        return ""
    milliseconds = min(max(0, round(moment.timestamp() * 1000)), _MILLISECONDS_MAX)
    return "evt_" + first_ulid_at(milliseconds)


def _reopen_failed(
    cursor: Cursor, replay: Replay, wanted: Expression, limit: int
) -> tuple[list[str], int]:
    failed = Deliveries.select(Deliveries.id).where(wanted, Deliveries.id > (replay.reached or ""))
    ids = fetch(cursor, failed.order_by(Deliveries.id).limit(limit), str)
    return ids, reopen(cursor, Deliveries.id.in_(ids) & Deliveries.status.in_(_SETTLED))


def _open(cursor: Cursor, replay: Replay, wanted: Expression, limit: int) -> tuple[list[str], int]:
    # An event about the webhook itself was never for it.
    own = Events.type.like("webhook.%") & (Events.data["webhook_id"] == replay.webhook_id)
    found = Events.select(Events.id, Events.type, Events.contact_id, Events.sequence, own)
    following = found.where(wanted, Events.id > (replay.reached or "")).order_by(Events.id)
    events = fetch(cursor, following.limit(limit), lambda *row: row)
    ids = [event[0] for event in events]
    its = (Deliveries.webhook_id == replay.webhook_id) & Deliveries.event_id.in_(ids)
    opened = reopen(cursor, its & Deliveries.status.in_(_SETTLED))
    missing = [
        NewDelivery(replay.org_id, replay.webhook_id, *event)
        for *event, is_own in events
        if not is_own
    ]
    return ids, opened + insert_missing(cursor, missing)
