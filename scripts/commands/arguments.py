"""Command lines."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter


def no_arguments(verb: str, description: str | None) -> ArgumentParser:
    """The parser of a script that takes none: shows its help, refuses everything else."""
    return ArgumentParser(
        prog=f"scripts/{verb}", description=description, formatter_class=RawDescriptionHelpFormatter
    )
