"""`manage quarantine` and `manage rejected`: captures that were set aside."""

from __future__ import annotations

from argparse import Namespace

from app.api import captures
from app.api.call import Endpoint
from scripts.commands.manage.command_line import Command, listing, option
from scripts.commands.manage.operator import Operator

_COLUMNS = (
    *("id", "received_at", "reason", "payload.email", "payload.first_name"),
    *("payload.last_name", "client_address", "user_agent", "spam_score", "marked"),
)


def list_quarantined(operator: Operator, arguments: Namespace) -> object:
    """Captures in quarantine and why, the newest first."""
    return _set_aside(operator, arguments, "quarantined")


def list_rejected(operator: Operator, arguments: Namespace) -> object:
    """Captures that were refused for their address alone, the newest first."""
    return _set_aside(operator, arguments, "rejected")


def release_captures(operator: Operator, arguments: Namespace) -> object:
    """Record quarantined captures after all, with their contacts and events."""
    released = [operator.ask(captures.release_capture, id) for id in arguments.ids]
    return listing((released, False), "id", "status", "contact_id", "payload.email")


def mark_as_spam(operator: Operator, arguments: Namespace) -> object:
    """Note that captures are spam."""
    return _mark(operator, captures.mark_as_spam, arguments)


def mark_as_not_spam(operator: Operator, arguments: Namespace) -> object:
    """Mark captures as not spam; quarantined ones stay in quarantine until released."""
    return _mark(operator, captures.mark_as_not_spam, arguments)


def _mark(operator: Operator, endpoint: Endpoint, arguments: Namespace) -> object:
    marked = [operator.ask(endpoint, id) for id in arguments.ids]
    return listing((marked, False), "id", "status", "marked", "payload.email")


def _set_aside(operator: Operator, arguments: Namespace, status: str) -> object:
    found = operator.list(captures.list_set_aside, arguments.limit, status=status)
    return listing(found, *_COLUMNS)


COMMANDS = (
    Command("quarantine list", list_quarantined, lists=True),
    Command("quarantine release", release_captures, option("ids", metavar="CAPTURE_ID", nargs="+")),
    Command("quarantine spam", mark_as_spam, option("ids", metavar="CAPTURE_ID", nargs="+")),
    Command(
        "quarantine not-spam", mark_as_not_spam, option("ids", metavar="CAPTURE_ID", nargs="+")
    ),
    Command("rejected list", list_rejected, lists=True),
)
