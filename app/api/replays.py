"""Replays: a webhook's past events again, as a job that survives its process.

A replay goes through the events since and until given times whose types the webhook subscribes to
now, in the order of their ids (with `only_failed`: its failed deliveries). Settled deliveries
are reopened, missing ones created, pending ones left alone. Live events continue as before: a
replay waits while its webhook has a backlog.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from app.api import caps
from app.api.bodies import read_body
from app.api.call import Answer, Call, existing
from app.api.operation import One, Operation, describe
from app.api.queries import Moment, read_time, read_types
from app.api.views import view_of
from app.api.webhook_bodies import Patterns
from app.api.webhooks import find_webhook
from app.domain.errors import Conflict
from app.domain.ids import new_id
from app.domain.times import now
from app.domain.webhook.webhook import Webhook
from app.storage.database import Cursor, transaction
from app.storage.delivery import replays
from app.storage.delivery.replays import Replay, ReplayStatus

_TAG = "Replays"


class NewReplay(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /webhooks/{id}/replay` takes."""

    since: Moment | None = None
    until: Moment | None = None
    types: Patterns | None = None
    only_failed: bool = False
    dry_run: Annotated[bool, Meta(description="Count only; nothing is sent")] = False


class ReplayView(msgspec.Struct, kw_only=True):
    """A replay and its progress: `done` of `total` events processed."""

    id: str
    webhook_id: str
    status: ReplayStatus
    since: str | None
    until: str
    types: list[str] | None
    only_failed: bool
    total: int
    done: int
    created_at: str
    updated_at: str


class DryRun(msgspec.Struct):
    """How many events a replay would process."""

    total: int
    dry_run: bool = True


@describe(
    Operation(
        _TAG,
        {200: One[DryRun], 202: One[ReplayView]},
        body=NewReplay,
        body_optional=True,
        errors=("conflict",),
    )
)
def create_replay(call: Call) -> Answer:
    """Send a webhook's past events again (202), or count them (200, `dry_run`)."""
    wanted = read_body(call.body, NewReplay, optional=True)
    with transaction(call.services.database) as cursor:
        webhook = find_webhook(cursor, call)
        replay = _replay(wanted, webhook)
        replay.total = replays.count(cursor, replay, webhook.events)
        if wanted.dry_run:
            return Answer(One(DryRun(replay.total)))
        caps.check_replays(cursor, call)
        replays.insert(cursor, replay)
        call.note(cursor, "replay.created", replay.id, webhook_id=webhook.id)
    return Answer(One(view(replay)), status=202)


@describe(Operation(_TAG, {200: One[ReplayView]}))
def get_replay(call: Call) -> Answer:
    """A replay and its progress."""
    with transaction(call.services.database) as cursor:
        return Answer(One(view(_find(cursor, call))))


@describe(Operation(_TAG, {200: One[ReplayView]}, errors=("conflict",)))
def cancel_replay(call: Call) -> Answer:
    """Stop a replay; deliveries that it has already reopened are still sent."""
    with transaction(call.services.database) as cursor:
        replay = _find(cursor, call)
        if replays.cancel(cursor, call.org.id, replay.id):
            call.note(cursor, "replay.cancelled", replay.id)
        replay = _find(cursor, call)
    if replay.status == ReplayStatus.DONE:
        raise Conflict("The replay is already done")
    return Answer(One(view(replay)))


def view(replay: Replay) -> ReplayView:
    """A replay as callers see it."""
    return view_of(ReplayView, replay)


def _replay(wanted: NewReplay, webhook: Webhook) -> Replay:
    moment = now()
    until = read_time("until", wanted.until)
    return Replay(
        id=new_id("rpl"),
        org_id=webhook.org_id,
        webhook_id=webhook.id,
        since=read_time("since", wanted.since),
        until=min(until, moment) if until else moment,
        types=read_types("types", wanted.types),
        only_failed=wanted.only_failed,
        status=ReplayStatus.RUNNING,
        total=0,
        done=0,
        reached=None,
        created_at=moment,
        updated_at=moment,
    )


def _find(cursor: Cursor, call: Call) -> Replay:
    wanted = call.id_in_path("rpl", "Replay")
    return existing(replays.find(cursor, call.org.id, wanted), "Replay")
