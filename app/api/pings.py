"""Pings: an event of their own for one webhook, to see whether it answers."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta

from app.api import caps
from app.api.call import Answer, Call
from app.api.deliveries import find_delivery
from app.api.delivery_views import AttemptView
from app.api.operation import One, Operation, describe
from app.api.queries import read_query
from app.api.webhooks import find_webhook
from app.domain.delivery.delivery import DeliveryStatus
from app.domain.ids import new_id
from app.domain.times import now
from app.domain.webhook.event import PING, operational_event
from app.storage.database import transaction
from app.storage.delivery.events import publish_to

#: The longest wait for an answer, in seconds: that of an attempt.
WAIT_SECONDS_MAX = 15


class PingQuery(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /webhooks/{id}/ping` takes."""

    wait: Annotated[
        int,
        Meta(ge=0, le=WAIT_SECONDS_MAX, description="Seconds to wait for the first attempt's end"),
    ] = 0


class Ping(msgspec.Struct):
    """A ping, and how its first attempt ended; `attempt` is null until then."""

    delivery_id: str
    event_id: str
    webhook_id: str
    status: DeliveryStatus
    attempt: AttemptView | None


@describe(Operation("Webhooks", {200: One[Ping], 202: One[Ping]}, query=PingQuery))
def ping_webhook(call: Call) -> Answer:
    """Send an event of type `ping` to this webhook alone, whatever it subscribes to.

    With `wait=N` the answer is 200 with the first attempt if that ends within N seconds; else 202.
    """
    query = read_query(call.query, PingQuery)
    with transaction(call.services.database) as cursor:
        webhook = find_webhook(cursor, call)
        caps.check_pings(cursor, call)
        data: dict[str, object] = {"webhook_id": webhook.id, "url": webhook.url}
        event = operational_event(new_id("evt"), call.org.id, PING, data, now())
        delivery_id = publish_to(cursor, event, webhook.id)
        call.note(cursor, "webhook.pinged", webhook.id, event_id=event.id)
    call.services.notifier.notify([webhook.id])
    look = partial(_look, call, delivery_id)
    return look()._replace(again=look, again_seconds=query.wait)


def _look(call: Call, delivery_id: str) -> Answer:
    with transaction(call.services.database) as cursor:
        found = find_delivery(cursor, call.org.id, delivery_id)
    first = found.attempts[0] if found.attempts else None
    ping = Ping(found.id, found.event_id, found.webhook_id, found.status, first)
    return Answer(One(ping), status=200 if first else 202)
