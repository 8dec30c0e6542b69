"""The thread that reports a process to both servers, since either may be away.

docs/decisions/0017-processes-report-to-both-servers.md says why it is not the queue's heartbeat.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from functools import partial

import msgspec

from app.domain.errors import Unavailable
from app.domain.system.process import REPORT_SECONDS, ProcessReport
from app.domain.times import now
from app.queue.connection import connect
from app.queue.process_reports import ProcessReports, new_process_name
from app.storage.database import Database, drop_connection, transaction
from app.storage.figures import process_reports
from config.version import VERSION

log = logging.getLogger(__name__)

#: Longest wait for Redis, so that one server that hangs does not delay the report to the other.
PATIENCE_SECONDS = 1.0
#: How long a stopping process waits for its last report to end.
STOP_SECONDS = 5.0

Holds = Callable[[], dict[str, int]]


def _nothing() -> dict[str, int]:
    return {}


class Reporter:
    """Reports this process, every `REPORT_SECONDS`, until stopped.

    `name`: the process's, where it has one for the queue. `holds`: what it has in hand by kind.
    """

    def __init__(
        self,
        role: str,
        database: Database,
        redis_url: str,
        *,
        name: str | None = None,
        holds: Holds = _nothing,
    ) -> None:
        self._database = database
        self._reports = ProcessReports(
            connect(redis_url, connections=1, patience_seconds=PATIENCE_SECONDS)
        )
        self._holds = holds
        self._report = ProcessReport(
            name or new_process_name(), role, socket.gethostname(), os.getpid(), VERSION, now()
        )
        self._is_failing = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and remove the report: a process that stopped normally is not missing."""
        self._stopping.set()
        if self._thread.ident:
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            report = msgspec.structs.replace(self._report, holds=self._holds())
            self._try(partial(self._reports.save, report))
            self._try(partial(self._save, report))
            self._stopping.wait(REPORT_SECONDS)
        self._try(partial(self._reports.remove, self._report.name))
        self._try(self._remove)
        drop_connection(self._database)

    def _save(self, report: ProcessReport) -> None:
        with transaction(self._database) as cursor:
            process_reports.save(cursor, report)
            process_reports.forget_old(cursor)

    def _remove(self) -> None:
        with transaction(self._database) as cursor:
            process_reports.remove(cursor, self._report.name)

    def _try(self, step: Callable[[], object]) -> None:
        """Take a step that may fail; log an outage and leave it to the next turn."""
        try:
            step()
        except Unavailable:
            pass
        except Exception:
            if not self._is_failing:
                log.exception("process.not_reported")
            self._is_failing = True
        else:
            self._is_failing = False
