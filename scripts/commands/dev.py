"""`./scripts/dev`: the whole product on this machine, until Ctrl-C.

PORT (default: 8000), DATA_DIR (.data) and every other setting in README.md come from the
environment; DATABASE_URL and REDIS_URL name servers to use instead of those that it brings.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from config.settings import EXIT_CONFIGURATION, BadSetting
from scripts.checkout import CHECKOUT
from scripts.commands.arguments import script_parser
from scripts.system.application import ReleaseFailed, sign_in_link
from scripts.system.embedded import AlreadyRunning
from scripts.system.output import Console
from scripts.system.server import ServerFailed
from scripts.system.unprivileged import NoUnprivilegedUser
from scripts.system.whole import PortTaken, WholeSystem

#: Who signs in to the console by the link that is shown.
USER = "admin@localhost"
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Asked to stop: Ctrl-C, SIGTERM, or the terminal went away."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until asked to stop. The exit status is 0 then, and otherwise says what was wrong."""
    script_parser("dev", __doc__).parse_args(arguments)
    console = Console(sys.stdout)
    data_folder = CHECKOUT / Path(os.environ.get("DATA_DIR") or ".data")
    _on_stop_signals(_raise_stopped)
    try:
        system = WholeSystem(os.environ, data_folder, console)
        try:
            return _run(system, console)
        finally:
            _on_stop_signals(signal.SIG_IGN)  # stopping takes a few seconds and must be finished
            system.stop()
    except Stopped:
        console.say("Stopped.")
        return 0
    except BadSetting as problem:
        return _fail(str(problem), EXIT_CONFIGURATION)
    except ReleaseFailed as problem:
        return problem.status  # it has printed its reason
    except (AlreadyRunning, NoUnprivilegedUser, PortTaken, ServerFailed, OSError) as problem:
        return _fail(str(problem), 1)


def _run(system: WholeSystem, console: Console) -> int:
    console.say(f"Starting; data in {system.embedded.data_folder}")
    system.start()
    if not system.processes.finished.is_set():
        console.say(_welcome(system))
        system.processes.finished.wait()
    return system.processes.exit_status


def _welcome(system: WholeSystem) -> str:
    url = f"http://localhost:{system.settings.port}"
    own_host = f"{system.org}.{system.settings.base_domain}"
    lead = """-H 'Content-Type: application/json' -d '{"email": "ada@example.com"}'"""
    lines = [
        "",
        f"Rex Capture runs at {url} (Ctrl-C stops it).",
        *_sign_in(system),
        *_notes(system),
        "",
        "A lead, as a form on any page would send it, and the same by the org's own host name:",
        f"  curl -i {url}/capture {lead}",
        f"  curl -i {url}/capture -H 'Host: {own_host}' {lead}",
        "A signed webhook, end to end, in another terminal:",
        "  ./scripts/demo",
        "",
    ]
    return "\n".join(lines)


def _sign_in(system: WholeSystem) -> list[str]:
    """The way into the console."""
    if not system.settings.console:
        return []
    link = sign_in_link(system.environ, USER)
    return ["", "Watch leads arrive (the link works once, within the hour):", f"  {link}", ""]


def _notes(system: WholeSystem) -> list[str]:
    """What is special about this run."""
    key = system.api_key or "made earlier and not kept here; ./scripts/manage can make another"
    notes = [f"API key of {system.org}: {key}"]
    if system.settings.allow_private_webhooks:
        notes.append("Webhooks may go to private addresses (ALLOW_PRIVATE_WEBHOOKS=1), yours too.")
    if system.embedded.has_postgres:
        home = system.embedded.postgres.home
        if system.embedded.data_folder not in home.parents:
            notes.append(f"PostgreSQL does not run as root and keeps its data in {home}.")
    return notes


def _on_stop_signals(handler: signal._HANDLER) -> None:
    for number in _STOP_SIGNALS:
        signal.signal(number, handler)


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    _on_stop_signals(signal.SIG_IGN)
    raise Stopped


def _fail(problem: str, status: int) -> int:
    print(f"scripts/dev: {problem}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
