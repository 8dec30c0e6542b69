"""`manage deliveries`: what became of events at a webhook."""

from __future__ import annotations

from argparse import Namespace

from app.api import deliveries
from app.domain.delivery import DeliveryStatus
from scripts.commands.manage.command_line import Noun, Nouns, listing
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.output import Listing


def add_to(nouns: Nouns) -> None:
    """`deliveries list`, `deliveries show`, `deliveries retry`."""
    noun = Noun(nouns, "deliveries", "events on their way to webhooks")
    several = noun.add("list", list_deliveries, lists=True)
    several.add_argument("--webhook", required=True, metavar="WEBHOOK_ID")
    several.add_argument("--status", choices=[str(status) for status in DeliveryStatus])
    several.add_argument("--event-type", metavar="TYPES", help="with commas")
    several.add_argument("--since", metavar="TIME", help="2026-03-16T12:00:00Z")
    several.add_argument("--until", metavar="TIME")
    for parser in (noun.add("show", show_delivery), noun.add("retry", retry_delivery)):
        parser.add_argument("id", metavar="DELIVERY_ID")


def list_deliveries(operator: Operator, arguments: Namespace) -> object:
    """A webhook's deliveries, the newest first."""
    found = operator.list(
        deliveries.list_deliveries,
        arguments.limit,
        arguments.webhook,
        status=arguments.status,
        event_type=arguments.event_type,
        since=arguments.since,
        until=arguments.until,
    )
    return listing(
        found,
        *("id", "event_type", "status", "attempts_count", "last_result"),
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
