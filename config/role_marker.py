"""A mark that all processes of a role on a machine see, so that one of them speaks for all.

Their parent makes the folder. Without one, as where a role has a single process, each speaks for
itself.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

#: How a process knows the folder of its role.
FOLDER_VARIABLE = "ROLE_FOLDER"


class RoleMarker:
    """A file of that name in the role's folder."""

    def __init__(self, name: str) -> None:
        folder = os.environ.get(FOLDER_VARIABLE)
        self._file = Path(folder) / name if folder else None

    def set(self, stale_seconds: float) -> bool:
        """Set the mark; whether it was not set by another, or so long ago that this one is gone."""
        if self._file is None:
            return True
        try:
            self._file.touch(exist_ok=False)
        except FileExistsError:
            return self._is_stale(stale_seconds)
        except OSError:
            return True  # the folder is gone, or its disk is full: better said twice than not
        return True

    def keep(self) -> None:
        """Say that the mark still holds."""
        if self._file is not None and self._file.exists():
            self._file.touch()

    def clear(self) -> bool:
        """Take the mark away; whether it was there."""
        if self._file is None:
            return True
        try:
            self._file.unlink()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def _is_stale(self, stale_seconds: float) -> bool:
        assert self._file is not None
        try:
            is_stale = abs(time.time() - self._file.stat().st_mtime) > stale_seconds
        except FileNotFoundError:
            return True
        if is_stale:
            self._file.touch()
        return is_stale
