"""What the doctor examines: the settings, and a connection to each server."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from app.queue.stream_clients import StreamClient, connect_streams, servers_of
from app.storage.database import Database, open_database
from config.settings import Settings

#: Longest wait for one reply of Redis.
PATIENCE_SECONDS = 1.0


@dataclass(frozen=True)
class System:
    """Handles of whoever examines the system."""

    settings: Settings
    database: Database
    streams: Sequence[StreamClient]
    #: Where files are written on this machine.
    folders: tuple[Path, ...]

    @property
    def redis(self) -> redis.Redis:
        """The server that has everything but the captures of other streams."""
        return self.streams[0].client

    def close(self) -> None:
        """Hang up."""
        self.database.close()
        for client, _ in servers_of(self.streams):
            client.close()


def make_system(settings: Settings, *folders: Path, database: Database | None = None) -> System:
    """The system of these settings; nothing is connected yet.

    `folders`: further places whose disks are looked at. `database`: one that is open already.
    """
    return System(
        settings,
        open_database(settings.database_url) if database is None else database,
        connect_streams(
            settings.redis_url,
            range(settings.capture_streams),
            connections=2,
            patience_seconds=PATIENCE_SECONDS,
        ),
        (*(each for each in folders if each.exists()), Path(tempfile.gettempdir()), Path()),
    )
