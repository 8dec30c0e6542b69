"""Command lines."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter


def script_parser(verb: str, description: str | None) -> ArgumentParser:
    """The parser of ./scripts/VERB: it shows its help and refuses unknown arguments."""
    return ArgumentParser(
        prog=f"scripts/{verb}", description=description, formatter_class=RawDescriptionHelpFormatter
    )
