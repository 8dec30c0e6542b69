"""Programs from npm and from PyPI, at fixed versions, each in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

#: Installing takes half a minute; a registry that does not answer takes npm two.
INSTALL_SECONDS_MAX = 240

PACKAGES = {
    "@redocly/cli": "2.77.0",
    "@stoplight/spectral-cli": "6.16.3",
    "axe-core": "4.14.1",
    "openapi-fetch": "0.17.0",
    "openapi-typescript": "7.13.0",
    "standardwebhooks": "1.1.1",
    "stripe": "23.1.0",
    "typescript": "5.9.3",
}
#: What the pages of docs/sending.md are built with.
PAGE_PACKAGES = {
    "esbuild": "0.28.2",
    "htmx.org": "2.0.7",
    "php-parser": "3.7.0",
    "react": "19.3.1",
    "react-dom": "19.3.1",
    "vue": "3.5.45",
}
_OFFLINE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH"
    r"|NewConnectionError|Temporary failure in name resolution"
)


def install_from_npm(folder: Path, packages: Mapping[str, str] = PACKAGES) -> Path:
    """The folder with the packages, at `node_modules`; skips where there is no npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here (Debian: apt-get install npm): nothing of JavaScript was tried")
    (folder / "package.json").write_text('{"private": true}')
    names = [f"{name}@{version}" for name, version in packages.items()]
    _install([npm, "install", "--no-audit", "--no-fund", "--loglevel=error", *names], folder)
    return folder


def install_from_pypi(folder: Path, *names: str) -> Path:
    """The folder of programs of a new environment with these packages."""
    _install([sys.executable, "-m", "venv", str(folder)], folder.parent)
    programs = folder / "bin"
    _install([str(programs / "python"), "-m", "pip", "install", "--quiet", *names], folder)
    return programs


def _install(command: Sequence[str], folder: Path) -> None:
    done = _run(command, folder, INSTALL_SECONDS_MAX)
    told = done.stdout + done.stderr
    if done.returncode and _OFFLINE.search(told):
        pytest.skip(f"no registry answered: {told.strip()[-200:]}")
    assert done.returncode == 0, told[-6000:]


def run(command: Sequence[str], folder: Path, *, seconds: float) -> str:
    """What a program prints, within that time; it must end well."""
    done = _run(command, folder, seconds)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told[-6000:]
    return told


def _run(command: Sequence[str], folder: Path, seconds: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, "NO_COLOR": "1"},
    )
