"""Command lines."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from importlib.metadata import PackageNotFoundError, version

#: What stands before a command: in a checkout, and where the package is installed.
BY_SCRIPT, BY_REX = "./scripts/", "rex "


def script_parser(verb: str, description: str | None, by: str = BY_SCRIPT) -> ArgumentParser:
    """The parser of a command: it shows its help and refuses unknown arguments."""
    return ArgumentParser(
        prog=f"{by}{verb}".removeprefix("./"),
        description=description,
        formatter_class=RawDescriptionHelpFormatter,
    )


def version_of_rex() -> str:
    """The version, as --version shows it."""
    try:
        return f"rex-capture {version('rex-capture')}"
    except PackageNotFoundError:
        return "rex-capture (not installed)"
