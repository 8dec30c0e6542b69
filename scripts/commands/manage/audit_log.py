"""`manage audit`: who changed what, and when."""

from __future__ import annotations

from argparse import Namespace

import msgspec

from app.api import audit
from app.storage.database import transaction
from app.storage.org import audit_lists
from scripts.commands.manage.command_line import SINCE, UNTIL, Command, listing, option
from scripts.commands.manage.operator import Operator

_COLUMNS = ("created_at", "actor", "action", "subject_id", "details")


def list_entries(operator: Operator, arguments: Namespace) -> object:
    """An org's changes, the newest first; with --system, those that belong to no org."""
    if arguments.system:
        with transaction(operator.services.database) as cursor:
            entries = audit_lists.of_no_org(cursor, arguments.limit + 1)
        items = [msgspec.to_builtins(audit.view(each)) for each in entries]
        return listing((items[: arguments.limit], len(items) > arguments.limit), *_COLUMNS)
    found = operator.list(
        audit.list_audit_entries,
        arguments.limit,
        actor=arguments.actor,
        action=",".join(arguments.action or ()) or None,
        subject_id=arguments.subject,
        since=arguments.since,
        until=arguments.until,
    )
    return listing(found, *_COLUMNS)


COMMANDS = (
    Command(
        "audit list",
        list_entries,
        option("--actor", metavar="WHO", help="a key's id, manage, system or anonymous"),
        option("--action", action="append", metavar="ACTION", help="webhook.created, key.*"),
        option("--subject", metavar="ID", help="what was changed"),
        SINCE,
        UNTIL,
        option("--system", action="store_true", help="changes of the whole system, no org's"),
        lists=True,
    ),
)
