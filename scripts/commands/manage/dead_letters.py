"""`manage dead-letters`: jobs that no worker could do."""

from __future__ import annotations

from argparse import Namespace

from app.domain.errors import NotFound
from app.queue.dead_letters import DeadLetters
from app.queue.jobs import CAPTURES, DELIVERIES
from app.queue.stream_clients import ALL_STREAMS, connect_streams
from app.storage.database import transaction
from app.storage.org import audit
from scripts.commands.manage.command_line import Command, listing, option
from scripts.commands.manage.operator import Operator


def list_letters(operator: Operator, arguments: Namespace) -> object:
    """Jobs that were given up and why, the newest first. They hold what visitors sent."""
    limit = arguments.limit
    found = [each._asdict() for letters in _all(operator) for each in letters.newest(limit + 1)]
    found.sort(key=lambda each: tuple(map(int, each["id"].split("-"))), reverse=True)
    columns = ("queue", "id", "reason", "failures", "deaths", "job")
    return listing((found[:limit], len(found) > limit), *columns)


def redrive_letters(operator: Operator, arguments: Namespace) -> object:
    """Give jobs back to their queue, once what made them fail is fixed."""
    redriven = sum(letters.redrive(arguments.ids) for letters in _all(operator))
    if arguments.ids and not redriven:
        raise NotFound("There is no such dead letter")
    with transaction(operator.services.database) as cursor:
        action, by = "dead_letters.redriven", audit.MANAGE
        audit.note(cursor, action, actor=by, org_id=None, jobs=redriven)
    return {"redriven": redriven}


def _all(operator: Operator) -> list[DeadLetters]:
    streams = connect_streams(operator.settings.redis_url, ALL_STREAMS, connections=2)
    captures = [DeadLetters(client, CAPTURES, keys) for client, keys in streams]
    return [*captures, DeadLetters(streams[0].client, DELIVERIES)]


COMMANDS = (
    Command("dead-letters list", list_letters, lists=True),
    Command(
        "dead-letters redrive",
        redrive_letters,
        option("ids", metavar="JOB_ID", nargs="*", help="default: all of them"),
    ),
)
