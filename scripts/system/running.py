"""What `./scripts/dev` leaves for the other scripts while it runs: how to reach it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from config.settings import Settings
from scripts.system.private_file import write_private

_SETTING_NAMES = frozenset(field.name.upper() for field in fields(Settings))


@dataclass(frozen=True)
class Running:
    """A system that was started on a data folder and not stopped cleanly since."""

    base_url: str
    org: str
    #: None: made before the data folder was, and therefore unknown here.
    api_key: str | None
    #: The settings of its processes, DATABASE_URL and REDIS_URL among them.
    environ: dict[str, str]


def announce(data_folder: Path, running: Running) -> None:
    settings = {name: text for name, text in running.environ.items() if name in _SETTING_NAMES}
    told = {**asdict(running), "environ": settings}
    write_private(data_folder / "running.json", json.dumps(told))


def withdraw(data_folder: Path) -> None:
    (data_folder / "running.json").unlink(missing_ok=True)


def find_running(data_folder: Path) -> Running | None:
    """What was announced on this data folder; None when nothing runs."""
    try:
        return Running(**json.loads((data_folder / "running.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
