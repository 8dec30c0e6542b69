"""Where this code is, and where its data goes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

#: The folder of our packages: the checkout, or site-packages where a wheel was installed.
CHECKOUT = Path(__file__).resolve().parent.parent


def is_installed() -> bool:
    """Whether this is a copy in site-packages, and not a checkout."""
    return CHECKOUT.name in ("site-packages", "dist-packages")


def data_folder(environ: Mapping[str, str]) -> Path:
    """DATA_DIR; a relative one is in the checkout, or when installed in the working folder."""
    base = Path.cwd() if is_installed() else CHECKOUT
    return base / (environ.get("DATA_DIR") or ".data")
