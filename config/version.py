"""The version of the product that is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("rex-capture")
    except PackageNotFoundError:
        return "unknown"


VERSION = _installed()
