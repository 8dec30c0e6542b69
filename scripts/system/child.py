"""One child process: started in its own session, recorded in a pid file, ended with its group."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from scripts.system import pidfile
from scripts.system.unprivileged import as_user

#: Takes one line of a child's output, without its line end.
LineSink = Callable[[str], None]


class Child:
    """A long-running program that can be started again after every end.

    Its own session keeps the terminal's Ctrl-C away from it, and makes it the leader of a process
    group, by which whatever it started is ended together with it.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        run_folder: Path,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        output: LineSink | Path,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.run_folder = run_folder
        self.environ = environ
        self.cwd = cwd
        self.user = user
        self.stop_signal = stop_signal
        self.output = output
        self.process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._is_ended = True
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The pid of the process while it runs, else None."""
        return self.process.pid if self.process and self.process.poll() is None else None

    def start(self) -> None:
        """Starts the process; returns at once. Raises OSError when it cannot be started."""
        self.launch()

    def launch(self, keep_open: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        """Starts the process, leaving it these file descriptors, and writes its pid file."""
        if isinstance(self.output, Path):
            with self.output.open("ab") as log:
                process = self._spawn(log, keep_open)
        else:
            process = self._spawn(subprocess.PIPE, keep_open)
        with self._lock:
            self.process = process
            self._is_ended = False
        pidfile.record(self.run_folder, self.name, process.pid, self.stop_signal)
        if process.stdout is not None and not isinstance(self.output, Path):
            arguments = (process.stdout, self.output)
            reader = threading.Thread(target=_pass_on, args=arguments, daemon=True)
            reader.start()
            self._reader = reader  # only now: another thread may stop the process meanwhile
        return process

    def _spawn(self, target: IO[bytes] | int, keep_open: Sequence[int]) -> subprocess.Popen[bytes]:
        environ = dict(os.environ if self.environ is None else self.environ)
        environ[pidfile.MARK] = str(self.run_folder)
        return subprocess.Popen(
            self.argv,
            cwd=self.cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=target,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=keep_open,
            **as_user(self.user),
        )

    def wait(self) -> int:
        """Blocks until the process ends, ends what it left behind, and returns its exit status.

        The status is negative for a signal, as in subprocess.
        """
        process = self._started()
        status = process.wait()
        self._end_group(process)
        return status

    def stop(self, grace_seconds: float) -> None:
        """Asks the process to stop, kills it after the grace, and returns when it is gone."""
        if self.process is None:
            return
        process = self.process
        process.send_signal(self.stop_signal)
        process.send_signal(signal.SIGCONT)  # a frozen process hears nothing else
        try:
            process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._end_group(process)

    def kill(self) -> None:
        """SIGKILL for the process and its group; returns when it is gone."""
        process = self._started()
        process.kill()
        process.wait()
        self._end_group(process)

    def freeze(self) -> None:
        """Stops the process where it is (SIGSTOP), as an overloaded machine would."""
        self._started().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen process go on (SIGCONT)."""
        self._started().send_signal(signal.SIGCONT)

    def _started(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self.process

    def _end_group(self, process: subprocess.Popen[bytes]) -> None:
        """Kills what an ended process left behind. Once only: its number may be given out again."""
        with self._lock:
            if process is not self.process or self._is_ended:
                return
            self._is_ended = True
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            if self._reader is not None:
                # Not for ever: a descendant with a session of its own may hold the pipe open.
                self._reader.join(timeout=2)
                self._reader = None
            pidfile.forget(self.run_folder, self.name)


def _pass_on(stream: IO[bytes], sink: LineSink) -> None:
    with stream:
        for line in stream:
            sink(line.decode(errors="replace").rstrip("\r\n"))
