"""The shape of the command line: `manage NOUN VERB [options]`."""

from __future__ import annotations

import argparse
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TypeAlias

from scripts.commands.manage.operator import Operator
from scripts.commands.manage.output import Listing

Nouns: TypeAlias = "argparse._SubParsersAction[ArgumentParser]"

#: A command: what it answers is printed.
Run = Callable[[Operator, Namespace], object]

LIMIT_DEFAULT = 50


class Noun:
    """Adds the verbs of one noun. A command's help is its docstring."""

    def __init__(self, nouns: Nouns, name: str, help: str) -> None:
        parser = nouns.add_parser(name, help=help, description=help)
        self._verbs = parser.add_subparsers(required=True, metavar="verb")

    def add(self, name: str, run: Run, *, lists: bool = False) -> ArgumentParser:
        """A verb; the parser is returned for options of its own. `lists` gives it --limit."""
        return add_command(self._verbs, name, run, lists=lists)


def add_command(commands: Nouns, name: str, run: Run, *, lists: bool = False) -> ArgumentParser:
    """A command with the options that all have."""
    parser = commands.add_parser(name, help=_first_line(run), description=run.__doc__)
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="one JSON value instead of a table")
    parser.add_argument("--org", metavar="SLUG", help="the org (default: DEFAULT_ORG)")
    if lists:
        parser.add_argument("--limit", type=_count, default=LIMIT_DEFAULT, metavar="N")
    return parser


def listing(found: tuple[list[dict[str, object]], bool], *columns: str) -> Listing:
    """What `Operator.list` found, with a hint when there is more."""
    items, has_more = found
    return Listing(items, columns, "(there are more: --limit)" if has_more else "")


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError
    return count


def _first_line(run: Run) -> str:
    return (run.__doc__ or "").splitlines()[0]
