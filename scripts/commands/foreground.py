"""Runs the product in the foreground until it is told to stop."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType

from config.settings import EXIT_CONFIGURATION, BadSetting
from scripts.system.application import ReleaseFailed
from scripts.system.embedded import AlreadyRunning
from scripts.system.output import Console
from scripts.system.server import ServerFailed
from scripts.system.unprivileged import NoUnprivilegedUser
from scripts.system.whole import PortTaken, WholeSystem

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stopped(BaseException):
    """Asked to stop: Ctrl-C, SIGTERM, or the terminal went away."""


def run_until_stopped(
    command: str,
    make_system: Callable[[Console], WholeSystem],
    welcome: Callable[[WholeSystem], str],
    grace_seconds: float,
) -> int:
    """Starts the system, says the welcome, and stops it when asked to or when it gave up.

    The exit status is 0 when asked, and otherwise says what was wrong, which a line names.
    """
    console = Console(sys.stdout)
    _on_stop_signals(_raise_stopped)
    try:
        system = make_system(console)
        try:
            return _run(system, console, welcome)
        finally:
            _on_stop_signals(signal.SIG_IGN)  # stopping takes a few seconds and must be finished
            system.stop(grace_seconds)
    except _Stopped:
        console.say("Stopped.")
        return 0
    except BadSetting as problem:
        return _fail(command, problem, EXIT_CONFIGURATION)
    except ReleaseFailed as problem:
        return problem.status  # it has printed its reason
    except (AlreadyRunning, NoUnprivilegedUser, PortTaken, ServerFailed, OSError) as problem:
        return _fail(command, problem, 1)


def _run(system: WholeSystem, console: Console, welcome: Callable[[WholeSystem], str]) -> int:
    console.say(f"Starting; data in {system.embedded.data_folder}")
    system.start()
    if not system.processes.finished.is_set():
        console.say(welcome(system))
        system.processes.finished.wait()
    return system.processes.exit_status


def _on_stop_signals(handler: signal._HANDLER) -> None:
    for number in _STOP_SIGNALS:
        signal.signal(number, handler)


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    _on_stop_signals(signal.SIG_IGN)
    raise _Stopped


def _fail(command: str, problem: Exception, status: int) -> int:
    print(f"{command}: {problem}", file=sys.stderr)
    return status
