"""The command of the installed package."""

from __future__ import annotations

import os
import sys
from argparse import REMAINDER, ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple

from scripts.checkout import is_installed
from scripts.commands.arguments import BY_REX, script_parser, version_of_rex


class Verb(NamedTuple):
    """What a command does, in a line, and the module whose `main` does it, status out.

    It is imported when the command runs: a role must not load what it does not use.
    """

    help: str
    module: str
    #: Put before the caller's arguments; a role takes none of the caller's.
    first: tuple[str, ...] = ()
    options: Mapping[str, str] = {}

    def run(self, name: str, arguments: list[str]) -> int:
        """Run it."""
        if self.module in _ROLES:
            script_parser(name, self.help, BY_REX).parse_args(arguments)
        status: int = import_module(self.module).main([*self.first, *arguments], **self.options)
        return status


_WEB, _WORKERS, _MANAGE = "app.serve", "workers.main", "scripts.commands.manage.__main__"
_ROLES = (_WEB, _WORKERS)
_BY_REX, _AS_REX = {"by": BY_REX}, {"prog": "rex"}

VERBS = {
    "dev": Verb(
        "try the product: servers of its own and every role, until Ctrl-C",
        *("scripts.commands.dev", (), _BY_REX),
    ),
    "demo": Verb("show a running `rex dev` at work", "scripts.commands.demo", (), _BY_REX),
    "all": Verb(
        "every role in one process tree, for one small machine", "scripts.commands.all_roles"
    ),
    "web": Verb("the role that answers captures and the API", _WEB),
    "console": Verb(
        "the console on CONSOLE_PORT, where it has a port of its own", _WEB, ("console",)
    ),
    "captures": Verb("the role that records captures", _WORKERS, ("captures",)),
    "deliveries": Verb("the role that sends webhooks", _WORKERS, ("deliveries",)),
    "scheduler": Verb("the role that does what is due", _WORKERS, ("scheduler",)),
    "migrate": Verb(
        "bring the database up to date; --check only looks", _MANAGE, ("migrate",), _AS_REX
    ),
    "doctor": Verb("say what is wrong and what to do about it", _MANAGE, ("doctor",), _AS_REX),
    "backup": Verb(
        "copy what `rex dev` or `rex all` holds into a folder", "scripts.commands.backup"
    ),
    "restore": Verb("bring a backup into an empty DATA_DIR", "scripts.commands.restore"),
    "manage": Verb(
        "administer orgs, users, keys, webhooks, deliveries and more",
        *(_MANAGE, (), {"prog": "rex manage"}),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    chosen = _parser().parse_args(arguments)
    if is_installed():
        # An `app` or a `config` in the folder where the operator happens to be is not ours.
        os.environ["PYTHONSAFEPATH"] = "1"
    return VERBS[chosen.command].run(chosen.command, chosen.arguments)


def _parser() -> ArgumentParser:
    commands = "\n".join(f"  {name:<12}{verb.help}" for name, verb in VERBS.items())
    parser = ArgumentParser(
        prog="rex",
        usage="rex COMMAND ...",
        description=f"{__doc__}\n\ncommands (each has --help):\n{commands}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=version_of_rex())
    parser.add_argument("command", choices=VERBS, metavar="COMMAND")
    parser.add_argument("arguments", nargs=REMAINDER, metavar="...")
    return parser


if __name__ == "__main__":
    sys.exit(main())
