"""`rex all`: every role in one process tree, for one small machine, until it is told to stop.

It migrates first, restarts a role that dies, and drains all of them at SIGTERM. DATABASE_URL and
REDIS_URL name the servers; without them it brings its own, with their data in DATA_DIR.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from scripts.checkout import data_folder
from scripts.commands.arguments import BY_REX, script_parser
from scripts.commands.foreground import run_until_stopped
from scripts.system.output import Console
from scripts.system.profile import SMALL
from scripts.system.whole import WholeSystem

#: Workers take up to 20 s for the jobs that they have begun.
GRACE_SECONDS = 25.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until asked to stop. The exit status is 0 then, and otherwise says what was wrong."""
    parser = script_parser("all", __doc__, BY_REX)
    parser.parse_args(arguments)
    return run_until_stopped(parser.prog, make_system, _welcome, GRACE_SECONDS)


def make_system(console: Console) -> WholeSystem:
    """The product of this environment, with as little memory as it needs."""
    return WholeSystem(os.environ, data_folder(os.environ), console, profile=SMALL)


def _welcome(system: WholeSystem) -> str:
    # Not the key itself: this line goes to a log.
    keys = "`rex manage keys create` makes an API key"
    if system.api_key:
        keys = f"an API key of {system.org} is in {system.key_file}"
    return f"Rex Capture runs at {system.base_url}; {keys}"
