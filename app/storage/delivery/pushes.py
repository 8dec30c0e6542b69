"""Pushes: deliveries that are stored already leased, and what their process needs to send them.

A pushed delivery is claimed on behalf of a delivery process by the transaction that records its
event (app/domain/delivery/push.py). Its lease is like any other; its process only has to be told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from app.domain.delivery.health import OPEN_AFTER
from app.domain.delivery.push import BACKLOG_SECONDS, PushFacts, pushes_allowed
from app.domain.webhook.event import Event
from app.domain.webhook.webhook import subscribes, wants_form
from app.storage.database import Cursor
from app.storage.delivery.claims import Claimed
from app.storage.delivery.events import insert_new
from app.storage.delivery.new_deliveries import (
    Holder,
    Leased,
    NewDelivery,
    insert_due,
    insert_leased,
    owed,
)
from app.storage.delivery.open_partitions import open_range
from app.storage.prepared import Prepared

#: Of pushes in one transaction; what is beyond is due and claimed.
PUSHED_BYTES_MAX = 1024 * 1024
#: A message ends with the push that fills it.
MESSAGE_BYTES = 256 * 1024


class Push(msgspec.Struct, array_like=True):
    """A delivery that a process has held since `leased_at`, by the database's clock."""

    claimed: Claimed
    leased_at: datetime
    #: The version of the webhook that it is for (`Endpoint.version`).
    version: datetime


class Published(NamedTuple):
    """What follows from events. Send both after the commit, not before."""

    #: Webhooks that have something due, to be notified.
    webhook_ids: set[str]
    pushes: list[Push]
    #: Others that have had something due for a while: whoever works on that finds what is new.
    behind: frozenset[str] = frozenset()


class _Subscription(NamedTuple):
    webhook_id: str
    org_id: str
    patterns: Sequence[str]
    forms: Sequence[str]
    version: datetime
    timeout_seconds: int | None
    facts: PushFacts


_SUBSCRIPTIONS = Prepared(
    "find_pushable_subscriptions",
    f"""
SELECT w.id, w.org_id, w.events, w.forms, w.updated_at, w.timeout_seconds,
    w.status = 'active', w.ordered, w.rate_limit IS NOT NULL,
    h.failure_count = 0 AND h.last_success_at IS NOT NULL,
    h.failure_count >= {OPEN_AFTER}
        OR COALESCE(GREATEST(h.rest_until, h.not_before) > now(), false),
    (SELECT true FROM deliveries d
        WHERE d.webhook_id = w.id AND d.status = 'pending' AND open_range(d.event_id)
            AND d.next_attempt_at < now() - interval '{BACKLOG_SECONDS} seconds'
        ORDER BY d.next_attempt_at LIMIT 1) IS NOT NULL,
    (SELECT count(*) FROM deliveries d
        WHERE d.webhook_id = w.id AND d.status = 'attempting' AND d.holder = %(holder)s
            AND open_range(d.event_id))
FROM webhooks w JOIN webhook_health h ON h.webhook_id = w.id
WHERE w.org_id = ANY(%(orgs)s) AND w.status <> 'deleted'
""",
    within=open_range,
)

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Push])


def publish_and_push(cursor: Cursor, events: Sequence[Event], holder: Holder) -> Published:
    """Store events and their deliveries; those that may be pushed are leased to `holder`."""
    events = insert_new(cursor, events)
    due: list[NewDelivery] = []
    leased: defaultdict[float, list[tuple[Event, NewDelivery]]] = defaultdict(list)
    versions: dict[str, datetime] = {}
    behind: set[str] = set()
    room = PUSHED_BYTES_MAX
    for webhook in _subscriptions(cursor, {event.org_id for event in events}, holder):
        versions[webhook.webhook_id] = webhook.version
        matching = [
            (event, owed(event, webhook.webhook_id))
            for event in events
            if event.org_id == webhook.org_id
            and subscribes(webhook.patterns, event.type)
            and wants_form(webhook.forms, event)
        ]
        allowed = pushes_allowed(webhook.facts)
        lease_seconds = holder.retries.lease_seconds_of(webhook.timeout_seconds)
        # What is due for an ordered webhook may wait for something else than its turn.
        if webhook.facts.has_backlog and not webhook.facts.ordered:
            behind.add(webhook.webhook_id)
        for number, (event, delivery) in enumerate(matching):
            room -= len(event.data)
            if number < allowed and room >= 0:
                leased[lease_seconds].append((event, delivery))
            else:
                due.append(delivery)
    insert_due(cursor, due)
    pushes: list[Push] = []
    for lease_seconds, some in leased.items():
        new = [delivery for _, delivery in some]
        leases = insert_leased(cursor, new, holder.name, lease_seconds)
        pushes += [_push(event, each, leases[each.id], versions) for event, each in some]
    notify = {delivery.webhook_id for delivery in due}
    return Published(notify - behind, pushes, frozenset(notify & behind))


def messages_of(pushes: Sequence[Push]) -> Iterator[tuple[list[Push], bytes]]:
    """The pushes as messages, each with the pushes that it carries."""
    some: list[Push] = []
    size = 0
    for push in pushes:
        some.append(push)
        size += len(push.claimed.data)
        if size >= MESSAGE_BYTES or push is pushes[-1]:
            yield some, _encoder.encode(some)
            some, size = [], 0


def read_message(message: bytes) -> list[Push]:
    """The pushes of a message. Raises `msgspec.DecodeError` for an invalid one."""
    return _decoder.decode(message)


def _subscriptions(cursor: Cursor, org_ids: set[str], holder: Holder) -> list[_Subscription]:
    if not org_ids:
        return []
    _SUBSCRIPTIONS.run(cursor, {"orgs": list(org_ids), "holder": holder.name})
    return [
        _Subscription(webhook_id, org_id, patterns, forms, version, timeout, PushFacts(*facts))
        for webhook_id, org_id, patterns, forms, version, timeout, *facts in cursor.fetchall()
    ]


def _push(
    event: Event, delivery: NewDelivery, leased: Leased, versions: dict[str, datetime]
) -> Push:
    claimed = Claimed(
        id=delivery.id,
        webhook_id=delivery.webhook_id,
        lease=leased.lease,
        number=1,
        failures=0,
        deferrals=0,
        age_seconds=0.0,
        event_id=event.id,
        event_type=event.type,
        contact_id=event.contact_id,
        occurred_at=event.occurred_at,
        data=event.data,
    )
    return Push(claimed, leased.leased_at, versions[delivery.webhook_id])
