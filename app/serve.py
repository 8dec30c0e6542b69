"""Starts the web process: `python -m app.serve`, or with `console` that of the console alone.

It supervises the workers, which load the application (app/main.py); loading it here as well would
cost memory for as long as it runs.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence

from app import server
from app.metrics.exposition import serve_children
from config.logging import configure_logging
from config.settings import EXIT_CONFIGURATION, BadSetting, Settings, read_settings


def main(arguments: Sequence[str] = ()) -> int:
    """Serve until told to stop; the exit status."""
    serve = _serve_console if list(arguments) == ["console"] else _serve_web
    try:
        settings = read_settings(os.environ)
        configure_logging(settings.log_level)
        return _status_of_key() or serve(settings)
    except BadSetting as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIGURATION


def _serve_web(settings: Settings) -> int:
    serve_children(settings, "web")
    return _serve("app.main:create_app", settings, "PORT", settings.web_concurrency)


def _serve_console(settings: Settings) -> int:
    if not settings.console:
        raise BadSetting("CONSOLE", "is 0: there is no console to serve")
    if not settings.console_port:
        raise BadSetting("CONSOLE_PORT", "is required: without it web serves the console")
    return _serve("app.main:create_console", settings, "CONSOLE_PORT", workers=1)


def _serve(target: str, settings: Settings, port_setting: str, workers: int) -> int:
    port = getattr(settings, port_setting.lower())
    try:
        server.serve(
            target,
            host=settings.host,
            port=port,
            port_setting=port_setting,
            workers=workers,
            idle_seconds=settings.idle_connection_seconds,
        )
    except OSError as error:
        print(f"{port_setting}: {port} on {settings.host}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _status_of_key() -> int:
    """Not 0 if SECRET_KEY is not this database's. Asked in a process that ends, for its memory."""
    asking = multiprocessing.get_context("spawn").Process(target=_check_key)
    asking.start()
    asking.join()
    return asking.exitcode or 0


def _check_key() -> None:
    from app.storage.secret_key import check_secret_key

    settings = read_settings(os.environ)
    configure_logging(settings.log_level)
    try:
        check_secret_key(settings)
    except BadSetting as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_CONFIGURATION)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
