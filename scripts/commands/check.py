"""`./scripts/check`: format, lint, types, dead code and import layers, all of them each time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from scripts.commands.arguments import script_parser

_CODE = ("config", "app", "workers", "scripts", "tests")

CHECKS = {
    "format": ("ruff", "format", "--check", "--quiet", *_CODE),
    "lint": ("ruff", "check", "--quiet", *_CODE),
    "types": ("mypy", "--strict", "--no-error-summary", *_CODE),
    "dead code": ("scripts.dead_code",),
    "layers": ("pytest", "-q", "--no-header", "-p", "no:xdist", "tests/test_layering.py"),
}

#: What repairs a failed check, where a command can.
_REMEDIES = {"format": "ruff format", "lint": "ruff check --fix"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every check; 1 when one failed."""
    script_parser("check", __doc__).parse_args(arguments)
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    for name in failed:
        if name in _REMEDIES:
            print(f"{name}: .venv/bin/{_REMEDIES[name]} {' '.join(_CODE)}")
    return 1 if failed else 0


def passes(name: str, command: tuple[str, ...]) -> bool:
    """Runs one check, whose output stands above its verdict."""
    done = subprocess.run([sys.executable, "-m", *command])
    print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
