"""Which system the command is about: the environment's, or the one that `./scripts/dev` runs."""

from __future__ import annotations

from collections.abc import Mapping

from config.settings import Settings, read_settings
from scripts.checkout import data_folder
from scripts.system.running import find_running

#: What together says which system is meant.
_NAMING = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")


def find_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in the environment, completed by those of a running `./scripts/dev`.

    Completed only when the two speak of the same system: another one's secret key would make its
    webhooks unreadable. Raises `BadSetting`.
    """
    running = find_running(data_folder(environ))
    given = {name: text for name, text in environ.items() if text}
    if running is None or any(
        given.get(name, announced) != announced
        for name, announced in running.environ.items()
        if name in _NAMING
    ):
        return read_settings(given)
    return read_settings(running.environ | given)
