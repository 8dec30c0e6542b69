"""`manage replays`: a webhook's past events once more."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from typing import Any

from app.api import replays
from scripts.commands.manage.command_line import (
    SINCE,
    TYPES,
    UNTIL,
    WEBHOOK,
    Command,
    id_of,
    option,
)
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.progress import Progress

#: How often a watched replay is looked at.
LOOK_SECONDS = 0.25


def create_replay(operator: Operator, arguments: Namespace) -> object:
    """Send past events again, or count them (--dry-run)."""
    wanted = {
        "since": arguments.since,
        "until": arguments.until,
        "types": arguments.type,
        "only_failed": arguments.only_failed,
        "dry_run": arguments.dry_run,
    }
    replay = operator.ask(replays.create_replay, arguments.webhook, body=wanted)
    if arguments.watch and not arguments.dry_run:
        return _watch(operator, replay)
    return replay


def watch_replay(operator: Operator, arguments: Namespace) -> object:
    """Show a replay's progress until it ends. Ctrl-C ends the watching, not the replay."""
    return _watch(operator, operator.ask(replays.get_replay, arguments.id))


def cancel_replay(operator: Operator, arguments: Namespace) -> object:
    """Stop a replay; what it has opened already is still delivered."""
    return operator.ask(replays.cancel_replay, arguments.id)


def _watch(operator: Operator, replay: Any) -> object:
    with Progress(sys.stderr, time.monotonic) as progress:
        progress.show(replay["done"], replay["total"])
        while replay["status"] == "running":
            time.sleep(LOOK_SECONDS)
            replay = operator.ask(replays.get_replay, replay["id"])
            progress.show(replay["done"], replay["total"])
    return replay


COMMANDS = (
    Command(
        "replays create",
        create_replay,
        WEBHOOK,
        SINCE,
        UNTIL,
        TYPES,
        option("--only-failed", action="store_true", help="failed deliveries alone"),
        option("--dry-run", action="store_true", help="count, send nothing"),
        option("--watch", action="store_true", help="show its progress until it ends"),
    ),
    Command("replays watch", watch_replay, id_of("REPLAY")),
    Command("replays cancel", cancel_replay, id_of("REPLAY")),
)
