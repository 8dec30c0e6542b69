"""Starts a worker: `python -m workers.main captures`, `... deliveries` or `... scheduler`.

The first two run dramatiq's worker on one queue, in WORKER_PROCESSES processes; `deliveries` under
gevent (deliver.py). The scheduler is a process of its own; more than one may run.

SIGTERM and SIGINT are blocked and waited for, never handled: sent once or many times, to one
process or to all of them (as systemd does), they mean that running jobs finish and the rest goes
back to the queue.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence

from dramatiq import Worker

from app.metrics.exposition import serve_children
from app.storage.secret_key import check_secret_key
from config.logging import configure_logging
from config.role_marker import FOLDER_VARIABLE
from config.settings import EXIT_CONFIGURATION, BadSetting, Settings, read_settings
from workers import actors, scheduler
from workers.captures import THREADS as CAPTURE_THREADS
from workers.scheduler import STOP_SIGNALS

#: Longest wait for running jobs when a process is told to stop.
SHUTDOWN_MS = 20_000
#: Between the death of a process and the start of the next one.
RESTART_SECONDS = 1.0
_USAGE = "usage: python -m workers.main captures|deliveries|scheduler|captures scheduler"


def main(arguments: list[str]) -> int:
    """Run the role that was named until told to stop; the exit status."""
    try:
        settings = read_settings(os.environ)
        configure_logging(settings.log_level)
        check_secret_key(settings)
        match arguments:
            case ["captures" | "deliveries" as name]:
                return _run_role(settings, name)
            case ["captures", "scheduler"]:
                return _run_both(settings)
            case ["scheduler"]:
                return scheduler.run(settings)
    except BadSetting as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIGURATION
    print(_USAGE, file=sys.stderr)
    return EXIT_CONFIGURATION


def _run_role(settings: Settings, name: str) -> int:
    actors.load_middleware(settings.worker_middleware)  # a bad setting stops the start
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    if settings.worker_processes > 1:
        return _keep_running(settings, name)
    if name == "deliveries":  # a new interpreter, to be patched before anything is imported
        os.execv(sys.executable, [sys.executable, "-m", "workers.deliver"])
    broker = actors.record()
    worker = Worker(broker, worker_threads=CAPTURE_THREADS)
    worker.start()
    signal.sigwait(STOP_SIGNALS)
    worker.stop(timeout=SHUTDOWN_MS)
    broker.close()
    return 0


def _run_both(settings: Settings) -> int:
    """Record captures and do what is due, in one process: for a machine with little memory."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    broker = actors.record()
    worker = Worker(broker, worker_threads=CAPTURE_THREADS)
    worker.start()
    status = scheduler.run(settings)
    worker.stop(timeout=SHUTDOWN_MS)
    broker.close()
    return status


def _keep_running(settings: Settings, name: str) -> int:
    """Keep the processes of a role running until told to stop; the worst exit status."""
    environ = {**os.environ, "WORKER_PROCESSES": "1"}
    serve_children(settings, name, environ)
    # Without a handler this signal may never become pending.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    module = ["workers.deliver"] if name == "deliveries" else ["workers.main", name]
    with tempfile.TemporaryDirectory(prefix="rex-role-") as folder:
        environ[FOLDER_VARIABLE] = folder
        return _supervise([sys.executable, "-m", *module], environ, settings.worker_processes)


def _supervise(command: Sequence[str], environ: Mapping[str, str], count: int) -> int:
    children: list[subprocess.Popen[bytes]] = []
    told: int = signal.SIGCHLD
    while told == signal.SIGCHLD:
        children = [child for child in children if child.poll() is None]
        while len(children) < count:  # they inherit that the signals are blocked
            children.append(subprocess.Popen(command, env=environ))
        told = signal.sigwait({*STOP_SIGNALS, signal.SIGCHLD})
        if told == signal.SIGCHLD:
            time.sleep(RESTART_SECONDS)
    for child in children:
        child.terminate()
    return max(abs(child.wait()) for child in children)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
