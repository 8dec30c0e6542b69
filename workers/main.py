"""Starts a worker: `python -m workers.main captures`, `... deliveries` or `... scheduler`.

The first two run dramatiq's command line on one queue. The scheduler is a process of its own; more
than one may run.
"""

from __future__ import annotations

import os
import sys

from dramatiq import cli

from config.logging import configure_logging
from config.settings import EXIT_CONFIGURATION, BadSetting, Settings, read_settings
from workers import scheduler

#: Longest wait for running jobs when a process is told to stop. An attempt takes at most 15 s.
SHUTDOWN_MS = 20_000
_USAGE = "usage: python -m workers.main captures|deliveries|scheduler"


def main(arguments: list[str]) -> int:
    """Run the role that was named until told to stop; the exit status."""
    try:
        settings = read_settings(os.environ)
    except BadSetting as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIGURATION
    configure_logging(settings.log_level)
    match arguments:
        case ["captures"]:
            return _run_queue(settings, "record", settings.capture_threads)
        case ["deliveries"]:
            return _run_queue(settings, "deliver", settings.worker_threads)
        case ["scheduler"]:
            return scheduler.run(settings)
        case _:
            print(_USAGE, file=sys.stderr)
            return EXIT_CONFIGURATION


def _run_queue(settings: Settings, role: str, threads: int) -> int:
    options = {
        "--processes": settings.worker_processes,
        "--threads": threads,
        "--worker-shutdown-timeout": SHUTDOWN_MS,
    }
    flat = [str(part) for option in options.items() for part in option]
    parser = cli.make_argument_parser()
    return int(cli.main(parser.parse_args([f"workers.actors:{role}", "--skip-logging", *flat])))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
