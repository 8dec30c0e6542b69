"""Stops a system whose starter was killed.

`python -m scripts.system.warden FOLDER [REMOVE ...]` waits for the end of its standard input, which
is the other end of a pipe in the starter's hands: the kernel closes it however the starter ends.
Then it stops everything that has a pid file in FOLDER, which after a clean end is nothing, and
removes the other folders.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.checkout import CHECKOUT


@contextlib.contextmanager
def guarded(run_folder: Path, remove: Sequence[Path] = ()) -> Iterator[None]:
    """Within it, a death of this process takes along whatever has a pid file in `run_folder`.

    At the end, whichever it is, the folders in `remove` are removed.
    """
    warden = subprocess.Popen(
        [sys.executable, "-m", "scripts.system.warden", *map(str, (run_folder, *remove))],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    assert warden.stdin is not None
    try:
        yield
    finally:
        warden.stdin.close()
        warden.wait()


def main(run_folder: Path, *remove: Path) -> None:
    sys.stdin.buffer.read()
    if any(run_folder.glob("*.pid")):
        # Imported only here: importing psutil takes 50 ms, which a clean end need not wait for.
        from scripts.system import pidfile

        # Read at once: a new start in the same folder writes pid files of its own.
        pidfile.stop_leftovers(run_folder, pidfile.recorded(run_folder))
    for folder in remove:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
