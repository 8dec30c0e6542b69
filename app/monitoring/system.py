"""What the doctor examines: the settings, and a connection to each server."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import redis

from app.queue.connection import connect
from app.storage.database import Database, open_database
from config.settings import Settings

#: Longest wait for one reply of Redis.
PATIENCE_SECONDS = 1.0


@dataclass(frozen=True)
class System:
    """Handles of whoever examines the system."""

    settings: Settings
    database: Database
    redis: redis.Redis
    #: Where files are written on this machine.
    folders: tuple[Path, ...]

    def close(self) -> None:
        """Hang up."""
        self.database.close()
        self.redis.close()


def make_system(settings: Settings, *folders: Path, database: Database | None = None) -> System:
    """The system of these settings; nothing is connected yet.

    `folders`: further places whose disks are looked at. `database`: one that is open already.
    """
    return System(
        settings,
        open_database(settings.database_url) if database is None else database,
        connect(settings.redis_url, connections=2, patience_seconds=PATIENCE_SECONDS),
        (*(each for each in folders if each.exists()), Path(tempfile.gettempdir()), Path()),
    )
