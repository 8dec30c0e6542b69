"""The shape of the command line: `manage NOUN VERB [options]`, each command declared as data.

An id without a name is one of the noun's own; another's is named (--webhook, --org).
"""

from __future__ import annotations

import re
from argparse import (
    SUPPRESS,
    Action,
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
)
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from app.domain.times import now, parse_rfc3339, rfc3339
from scripts.commands.arguments import version_of_rex
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.output import Listing

#: What runs a command: its answer is printed, its docstring is the command's help.
Run = Callable[[Operator, Namespace], object]
#: Adds one argument to a command's parser.
Option = Callable[[ArgumentParser], Action]

LIMIT_DEFAULT = 50
_DURATION = re.compile(r"(\d+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Command:
    """`manage NAME`, for example `webhooks list`; `lists` gives it --limit."""

    def __init__(self, name: str, run: Run, *options: Option, lists: bool = False) -> None:
        self.name = name
        self.run = run
        self.options = [*options, *([_LIMIT] if lists else [])]

    def add_to(self, parsers: Any, verb: str) -> None:
        """Adds its parser, with the options that all commands have."""
        help = self.run.__doc__ or ""
        parser = parsers.add_parser(verb, help=help.splitlines()[0], description=help)
        parser.set_defaults(run=self.run)
        parser.add_argument("--json", action="store_true", help="one JSON value instead of a table")
        parser.add_argument("--org", metavar="SLUG", help="the org (default: DEFAULT_ORG)")
        for add in self.options:
            add(parser)


def option(*names: str, **settings: Any) -> Option:
    """An argument as `ArgumentParser.add_argument` takes it."""
    return lambda parser: parser.add_argument(*names, **settings)


def earlier_name(name: str, dest: str, **settings: Any) -> Option:
    """What an option was called before; still taken, no longer shown."""
    return option(name, dest=dest, help=SUPPRESS, default=SUPPRESS, **settings)


def make_parser(
    prog: str, description: str | None, nouns: Mapping[str, str], commands: Iterable[Command]
) -> ArgumentParser:
    """The parser of all commands; `nouns` are those with verbs, and their help."""
    parser = ArgumentParser(
        prog=prog, description=description, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=version_of_rex())
    top = parser.add_subparsers(required=True, metavar="command")
    verbs = {
        noun: top.add_parser(noun, help=help, description=help).add_subparsers(
            required=True, metavar="verb"
        )
        for noun, help in nouns.items()
    }
    for command in commands:
        noun, _, verb = command.name.rpartition(" ")
        command.add_to(verbs[noun] if noun else top, verb)
    return parser


def listing(found: tuple[list[dict[str, object]], bool], *columns: str) -> Listing:
    """What `Operator.list` found, with a hint when there is more."""
    items, has_more = found
    return Listing(items, columns, "(there are more: --limit)" if has_more else "")


def duration(text: str) -> timedelta:
    """90s, 15m, 1h, 2d or 1w."""
    try:
        if match := _DURATION.fullmatch(text):
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        pass
    raise ArgumentTypeError(f"{text!r} is not a duration: use 90s, 15m, 1h, 2d or 1w")


def moment(text: str) -> str:
    """A time (2026-03-16 or 2026-03-16T12:00:00Z), or how long ago (1h), as RFC 3339."""
    try:
        is_duration = _DURATION.fullmatch(text)
        return rfc3339(now() - duration(text) if is_duration else parse_rfc3339(text))
    except (ValueError, OverflowError, ArgumentTypeError):
        right = "2026-03-16T12:00:00Z, 2026-03-16, or how long ago: 90s, 15m, 1h, 2d, 1w"
        raise ArgumentTypeError(f"{text!r} is not a time: use {right}") from None


#: Options that mean the same wherever they occur.
WEBHOOK = option("--webhook", required=True, metavar="WEBHOOK_ID")
TYPES = option("--type", action="append", metavar="TYPE", help="repeatable; default: all")
SINCE = option("--since", type=moment, metavar="TIME", help="2026-03-16T12:00:00Z, or 1h: ago")
UNTIL = option("--until", type=moment, metavar="TIME", help="the same; default: now")


def id_of(noun: str) -> Option:
    """The id of what a command is about."""
    return option("id", metavar=f"{noun}_ID")


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError
    return count


_LIMIT = option("--limit", type=_count, default=LIMIT_DEFAULT, metavar="N", help="default: 50")
