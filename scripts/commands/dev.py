"""`./scripts/dev`, or `rex dev`: the whole product on this machine, until Ctrl-C.

PORT (default: 8000), DATA_DIR (.data) and every other setting in README.md come from the
environment; DATABASE_URL and REDIS_URL name servers to use instead of those that it brings.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from scripts.checkout import data_folder
from scripts.commands.arguments import BY_SCRIPT, script_parser
from scripts.commands.foreground import run_until_stopped
from scripts.system.application import sign_in_link
from scripts.system.whole import GRACE_SECONDS, WholeSystem

#: Who signs in to the console by the link that is shown.
USER = "admin@localhost"


def main(arguments: Sequence[str] | None = None, by: str = BY_SCRIPT) -> int:
    """Runs until asked to stop. The exit status is 0 then, and otherwise says what was wrong."""
    parser = script_parser("dev", __doc__, by)
    parser.parse_args(arguments)
    return run_until_stopped(
        parser.prog,
        lambda console: WholeSystem(os.environ, data_folder(os.environ), console),
        lambda system: _welcome(system, by),
        GRACE_SECONDS,
    )


def _welcome(system: WholeSystem, by: str) -> str:
    url = f"http://localhost:{system.settings.port}"
    own_host = f"{system.org}.{system.settings.base_domain}"
    lead = """-H 'Content-Type: application/json' -d '{"email": "ada@example.com"}'"""
    lines = [
        "",
        f"Rex Capture runs at {url} (Ctrl-C stops it).",
        *_sign_in(system),
        *_notes(system, by),
        "",
        "Send a lead, as a form would; then the same to the org's own host name:",
        f"  curl -i {url}/capture {lead}",
        f"  curl -i {url}/capture -H 'Host: {own_host}' {lead}",
        "See webhooks delivered and verified, from another terminal:",
        f"  {by}demo",
        "",
    ]
    return "\n".join(lines)


def _sign_in(system: WholeSystem) -> list[str]:
    """The way into the console."""
    if not system.settings.console:
        return []
    link = sign_in_link(system.environ, USER)
    return ["", "Open the console (this link signs you in once, within the hour):", f"  {link}", ""]


def _notes(system: WholeSystem, by: str) -> list[str]:
    """What is special about this run."""
    key = (
        system.api_key or f"created earlier, not known here; `{by}manage keys create` makes another"
    )
    notes = [f"API key of {system.org}: {key}"]
    if system.settings.allow_private_webhooks:
        notes.append(
            "Webhooks may go to private addresses such as this machine (ALLOW_PRIVATE_WEBHOOKS=1)."
        )
    if system.embedded.has_postgres:
        home = system.embedded.postgres.home
        if system.embedded.data_folder not in home.parents:
            notes.append(f"PostgreSQL does not run as root and keeps its data in {home}.")
    return notes


if __name__ == "__main__":
    sys.exit(main())
