"""`manage webhooks`: subscriptions."""

from __future__ import annotations

from argparse import Namespace

from app.api import webhooks
from scripts.commands.manage.command_line import Noun, Nouns, listing
from scripts.commands.manage.operator import Operator

_STATUSES = ("active", "paused", "disabled")


def add_to(nouns: Nouns) -> None:
    """`webhooks list, show, create, pause, resume, ping, rotate, delete`."""
    noun = Noun(nouns, "webhooks", "subscriptions to events")
    noun.add("list", list_webhooks, lists=True).add_argument("--status", choices=_STATUSES)
    create = noun.add("create", create_webhook)
    create.add_argument("url")
    create.add_argument("--name")
    create.add_argument("--event", action="append", metavar="TYPE", help="repeatable; default: all")
    rotate = noun.add("rotate", rotate_secret)
    rotate.add_argument("--overlap-seconds", type=int, metavar="N", help="default: a day")
    others = [
        noun.add("show", show_webhook),
        noun.add("pause", pause_webhook),
        noun.add("resume", resume_webhook),
        noun.add("ping", ping_webhook),
        noun.add("delete", delete_webhook),
    ]
    for parser in (rotate, *others):
        parser.add_argument("id", metavar="WEBHOOK_ID")


def list_webhooks(operator: Operator, arguments: Namespace) -> object:
    """An org's webhooks in the order of creation."""
    found = operator.list(webhooks.list_webhooks, arguments.limit, status=arguments.status)
    return listing(found, "id", "name", "status", "failure_count", "events", "url", "status_reason")


def show_webhook(operator: Operator, arguments: Namespace) -> object:
    """One webhook, without its secret."""
    return operator.ask(webhooks.get_webhook, arguments.id)


def create_webhook(operator: Operator, arguments: Namespace) -> object:
    """Subscribe a URL; the secret is shown this once."""
    wanted = {"url": arguments.url, "name": arguments.name, "events": arguments.event}
    return _with_secret(operator.ask(webhooks.create_webhook, body=wanted))


def pause_webhook(operator: Operator, arguments: Namespace) -> object:
    """Hold its deliveries until it is resumed."""
    return operator.ask(webhooks.edit_webhook, arguments.id, body={"status": "paused"})


def resume_webhook(operator: Operator, arguments: Namespace) -> object:
    """Make it active again, also a disabled one; what was held leaves at once."""
    return operator.ask(webhooks.edit_webhook, arguments.id, body={"status": "active"})


def ping_webhook(operator: Operator, arguments: Namespace) -> object:
    """Send it an event of type `ping`."""
    return operator.ask(webhooks.ping_webhook, arguments.id)


def rotate_secret(operator: Operator, arguments: Namespace) -> object:
    """Sign with a new secret, shown this once; the old one signs as well for a while."""
    wanted = {"overlap_seconds": arguments.overlap_seconds}
    return _with_secret(operator.ask(webhooks.rotate_secret, arguments.id, body=wanted))


def delete_webhook(operator: Operator, arguments: Namespace) -> object:
    """End the subscription; what is still owed is cancelled."""
    operator.ask(webhooks.delete_webhook, arguments.id)
    return {"id": arguments.id, "deleted": True}


def _with_secret(answer: dict[str, dict[str, object]]) -> object:
    return {**answer["data"], "secret": answer["secret"]}
