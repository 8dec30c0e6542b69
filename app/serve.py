"""Starts the web process: `python -m app.serve`.

It supervises the workers, which load the application (app/main.py); loading it here as well would
cost memory for as long as it runs.
"""

from __future__ import annotations

import multiprocessing
import os
import sys

from app import server
from app.metrics.exposition import serve_children
from config.logging import configure_logging
from config.settings import EXIT_CONFIGURATION, BadSetting, read_settings


def main() -> int:
    """Serve until told to stop; the exit status."""
    try:
        settings = read_settings(os.environ)
        configure_logging(settings.log_level)
        if status := _status_of_key():
            return status
        serve_children(settings, "web")
        server.serve(
            "app.main:create_app",
            host=settings.host,
            port=settings.port,
            workers=settings.web_concurrency,
            idle_seconds=settings.idle_connection_seconds,
        )
    except BadSetting as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIGURATION
    except OSError as error:
        print(f"PORT: {settings.port} on {settings.host}: {error.strerror}", file=sys.stderr)
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
    sys.exit(main())
