"""`manage webhooks`: subscriptions."""

from __future__ import annotations

from argparse import Namespace

from app.api import pings, webhooks
from scripts.commands.manage.command_line import (
    TYPES,
    Command,
    duration,
    earlier_name,
    id_of,
    listing,
    option,
)
from scripts.commands.manage.operator import Operator


def list_webhooks(operator: Operator, arguments: Namespace) -> object:
    """An org's webhooks in the order of creation."""
    found = operator.list(webhooks.list_webhooks, arguments.limit, status=arguments.status)
    return listing(found, "id", "name", "status", "failure_count", "events", "url", "status_reason")


def show_webhook(operator: Operator, arguments: Namespace) -> object:
    """One webhook, without its secret."""
    return operator.ask(webhooks.get_webhook, arguments.id)


def create_webhook(operator: Operator, arguments: Namespace) -> object:
    """Subscribe a URL; the secret is shown this once."""
    wanted = {
        "url": arguments.url,
        "name": arguments.name,
        "events": arguments.type,
        "forms": arguments.form,
    }
    return _with_secret(operator.ask(webhooks.create_webhook, body=wanted))


def pause_webhook(operator: Operator, arguments: Namespace) -> object:
    """Hold its deliveries until it is resumed."""
    return operator.ask(webhooks.edit_webhook, arguments.id, body={"status": "paused"})


def resume_webhook(operator: Operator, arguments: Namespace) -> object:
    """Make it active again, also a disabled one; what was held leaves at once."""
    return operator.ask(webhooks.edit_webhook, arguments.id, body={"status": "active"})


def ping_webhook(operator: Operator, arguments: Namespace) -> object:
    """Send it an event of type `ping`."""
    return operator.ask(pings.ping_webhook, arguments.id)


def rotate_secret(operator: Operator, arguments: Namespace) -> object:
    """Sign with a new secret, shown this once; the old one signs as well for a while."""
    overlap = arguments.overlap
    wanted = {"overlap_seconds": overlap and int(overlap.total_seconds())}
    return _with_secret(operator.ask(webhooks.rotate_secret, arguments.id, body=wanted))


def delete_webhook(operator: Operator, arguments: Namespace) -> object:
    """End the subscription; what is still owed is cancelled."""
    operator.ask(webhooks.delete_webhook, arguments.id)
    return {"id": arguments.id, "deleted": True}


def _with_secret(answer: dict[str, dict[str, object]]) -> object:
    return {**answer["data"], "secret": answer["secret"]}


_ID = id_of("WEBHOOK")

COMMANDS = (
    Command(
        "webhooks list",
        list_webhooks,
        option("--status", choices=("active", "paused", "disabled")),
        lists=True,
    ),
    Command("webhooks show", show_webhook, _ID),
    Command(
        "webhooks create",
        create_webhook,
        option("url"),
        option("--name"),
        TYPES,
        option("--form", action="append", metavar="NAME", help="repeatable; default: any"),
        earlier_name("--event", "type", action="append"),
    ),
    Command("webhooks pause", pause_webhook, _ID),
    Command("webhooks resume", resume_webhook, _ID),
    Command("webhooks ping", ping_webhook, _ID),
    Command(
        "webhooks rotate",
        rotate_secret,
        _ID,
        option("--overlap", type=duration, metavar="DURATION", help="12h; default: 1d"),
        earlier_name("--overlap-seconds", "overlap", type=lambda text: duration(f"{text}s")),
    ),
    Command("webhooks delete", delete_webhook, _ID),
)
