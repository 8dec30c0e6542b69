"""The command of the installed package."""

from __future__ import annotations

import os
import sys
from argparse import REMAINDER, ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from scripts.checkout import is_installed
from scripts.commands.arguments import BY_REX, script_parser, version_of_rex

# Each command imports what it needs when it runs: a role must not load what it does not use.


class Verb(NamedTuple):
    """What a command does, in a line, and the function that does it: arguments in, status out."""

    help: str
    run: Callable[[list[str]], int]


def _dev(arguments: list[str]) -> int:
    from scripts.commands import dev

    return dev.main(arguments, by=BY_REX)


def _all(arguments: list[str]) -> int:
    from scripts.commands import all_roles

    return all_roles.main(arguments)


def _demo(arguments: list[str]) -> int:
    from scripts.commands import demo

    return demo.main(arguments, by=BY_REX)


def _web(arguments: list[str]) -> int:
    script_parser("web", VERBS["web"].help, BY_REX).parse_args(arguments)
    from app import serve as web

    return web.main()


def _console(arguments: list[str]) -> int:
    script_parser("console", VERBS["console"].help, BY_REX).parse_args(arguments)
    from app import serve as web

    return web.main(["console"])


def _worker(role: str) -> Callable[[list[str]], int]:
    def run(arguments: list[str]) -> int:
        script_parser(role, VERBS[role].help, BY_REX).parse_args(arguments)
        from workers import main as workers

        return workers.main([role])

    return run


def _backup(arguments: list[str]) -> int:
    from scripts.commands import backup

    return backup.main(arguments)


def _restore(arguments: list[str]) -> int:
    from scripts.commands import restore

    return restore.main(arguments)


def _manage(arguments: list[str]) -> int:
    from scripts.commands.manage import __main__ as manage

    return manage.main(arguments, prog="rex manage")


def _manage_verb(verb: str) -> Callable[[list[str]], int]:
    def run(arguments: list[str]) -> int:
        from scripts.commands.manage import __main__ as manage

        return manage.main([verb, *arguments], prog="rex")

    return run


VERBS = {
    "dev": Verb("try the product: servers of its own and every role, until Ctrl-C", _dev),
    "demo": Verb("show a running `rex dev` at work", _demo),
    "all": Verb("every role in one process tree, for one small machine", _all),
    "web": Verb("the role that answers captures and the API", _web),
    "console": Verb("the console on CONSOLE_PORT, where it has a port of its own", _console),
    "captures": Verb("the role that records captures", _worker("captures")),
    "deliveries": Verb("the role that sends webhooks", _worker("deliveries")),
    "scheduler": Verb("the role that does what is due", _worker("scheduler")),
    "migrate": Verb("bring the database up to date; --check only looks", _manage_verb("migrate")),
    "doctor": Verb("say what is wrong and what to do about it", _manage_verb("doctor")),
    "backup": Verb("copy what `rex dev` or `rex all` holds into a folder", _backup),
    "restore": Verb("bring a backup into an empty DATA_DIR", _restore),
    "manage": Verb("administer orgs, users, keys, webhooks, deliveries and more", _manage),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    chosen = _parser().parse_args(arguments)
    if is_installed():
        # An `app` or a `config` in the folder where the operator happens to be is not ours.
        os.environ["PYTHONSAFEPATH"] = "1"
    return VERBS[chosen.command].run(chosen.arguments)


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
