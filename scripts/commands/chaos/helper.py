"""A helper process that takes orders on its input and ends with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scripts.checkout import CHECKOUT

_STOP_SECONDS = 5.0


class HelperProcess:
    """A running `python -m module journal`; ends when this process does, however that comes."""

    def __init__(self, module: str, journal: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(journal)],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is ours to handle
        )

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def send(self, order: object) -> None:
        """Gives one order."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Any:
        """Waits for one line of its output and decodes it."""
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._process as process:  # closes the pipes, which ends it
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
