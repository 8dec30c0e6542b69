"""`manage retention`: delete what is past its age now."""

from __future__ import annotations

from argparse import Namespace

from app.domain.errors import Conflict
from app.storage.database import transaction
from app.storage.org import audit
from app.storage.retention.retention_run import run_retention
from scripts.commands.manage.command_line import Command, option
from scripts.commands.manage.operator import Operator


def run(operator: Operator, arguments: Namespace) -> object:
    """Delete what is past its age, as the scheduler does; --force: however much that is."""
    database = operator.services.database
    done = run_retention(database, operator.settings, force=arguments.force)
    if done.stopped_at:
        raise Conflict(
            f"Far more {done.stopped_at} are past their age than the last run deleted. Check the"
            " database's clock and RETENTION_*_DAYS; if both are right, add --force"
        )
    with transaction(database) as cursor:
        audit.note(cursor, "retention.run", actor=audit.MANAGE, org_id=None, force=arguments.force)
    return done.deleted


COMMANDS = (
    Command(
        "retention run",
        run,
        option("--force", action="store_true", help="delete far more than the last run did, too"),
    ),
)
