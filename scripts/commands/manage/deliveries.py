"""`manage deliveries`: what became of events at a webhook."""

from __future__ import annotations

from argparse import Namespace

from app.api import deliveries
from app.domain.delivery.delivery import DeliveryStatus
from scripts.commands.manage.command_line import (
    SINCE,
    TYPES,
    UNTIL,
    WEBHOOK,
    Command,
    earlier_name,
    id_of,
    listing,
    option,
)
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.output import Listing


def list_deliveries(operator: Operator, arguments: Namespace) -> object:
    """A webhook's deliveries, the newest first."""
    found = operator.list(
        deliveries.list_deliveries,
        arguments.limit,
        arguments.webhook,
        status=arguments.status,
        event_type=",".join(arguments.type or ()) or None,
        since=arguments.since,
        until=arguments.until,
    )
    return listing(
        found,
        *("id", "event_type", "status", "attempts_count", "last_result", "last_status"),
        *("next_attempt_at", "created_at", "event_id"),
    )


def show_delivery(operator: Operator, arguments: Namespace) -> object:
    """One delivery with its attempts."""
    return _detail(operator.ask(deliveries.get_delivery, arguments.id))


def retry_delivery(operator: Operator, arguments: Namespace) -> object:
    """Send it again now, whatever became of it, with a whole new schedule."""
    return _detail(operator.ask(deliveries.retry_delivery, arguments.id))


def _detail(delivery: dict[str, list[dict[str, object]]]) -> object:
    columns = ("number", "started_at", "result", "status", "error", "timings.total_ms", "address")
    attempts = Listing(delivery["attempts"], (*columns, "error_detail", "response_body"))
    return {**delivery, "attempts": attempts}


_STATUSES = [str(status) for status in DeliveryStatus]

COMMANDS = (
    Command(
        "deliveries list",
        list_deliveries,
        WEBHOOK,
        option("--status", choices=_STATUSES),
        TYPES,
        earlier_name("--event-type", "type", action="append"),
        SINCE,
        UNTIL,
        lists=True,
    ),
    Command("deliveries show", show_delivery, id_of("DELIVERY")),
    Command("deliveries retry", retry_delivery, id_of("DELIVERY")),
)
