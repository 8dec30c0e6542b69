"""`./scripts/test`: the whole suite, or what the arguments name; they are pytest's."""

from __future__ import annotations

import os
import sys

#: Arguments that ask for one process: a debugger, or a choice of one's own.
_OWN_CHOICE = ("-n", "--numprocesses", "--dist", "--pdb", "--trace", "-s", "--capture=no")


def main(arguments: list[str]) -> None:
    # With it, each process that a test starts compiles all modules anew: a tenth of the time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *parallel(arguments), *arguments])


def parallel(arguments: list[str]) -> list[str]:
    """Three processes for the whole suite, since it waits half of its time; one for a selection.

    A file stays in one process, so what its tests share is made once.
    """
    names_files = any(not argument.startswith("-") for argument in arguments)
    if names_files or any(argument.startswith(_OWN_CHOICE) for argument in arguments):
        return []
    return ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]


if __name__ == "__main__":
    main(sys.argv[1:])
