"""Serves a role's metrics on a port of its own, from a thread.

A single process serves its own registry. Where a role has several, their parent serves for all:
they write to files in a shared folder (multi-process mode), so a scrape costs them nothing. A port
that is taken, or a client that hangs, stops no process.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import stat
import tempfile
import threading
from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, Metric, make_wsgi_app
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from app.metrics.families import BUILD_INFO, REGISTRY
from config.settings import Settings
from config.version import VERSION

log = logging.getLogger(__name__)

#: How prometheus_client is told of the folder, when it is first imported.
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
#: What is added to METRICS_PORT.
PORT_OF_ROLE = {"web": 0, "captures": 1, "deliveries": 2, "scheduler": 3}
#: Longest wait for the rest of a request.
CLIENT_SECONDS = 5.0


_is_served = threading.Event()


def serve_own(settings: Settings, role: str) -> None:
    """Serve this process's metrics, unless its parent does; say which version it runs.

    One that has two roles serves them once, on the port of the first: two ports would
    count everything twice.
    """
    BUILD_INFO.labels(VERSION, role).set(1)
    if FOLDER_VARIABLE not in os.environ and not _is_served.is_set():
        _is_served.set()
        if server := _bind(settings, role):
            _serve(server, REGISTRY)


def serve_children(
    settings: Settings, role: str, environ: MutableMapping[str, str] = os.environ
) -> None:
    """Serve the metrics of the processes that are started with `environ` from now on.

    Whoever has the port has the folder of that name: it is emptied, so that nothing of an earlier
    run counts.
    """
    server = _bind(settings, role)
    if server is None:
        environ["METRICS_PORT"] = "0"  # one of them alone must not speak for all
        return
    folder = _emptied(f"rex-metrics-{os.getuid()}-{settings.metrics_host}-{server.server_port}")
    environ[FOLDER_VARIABLE] = str(folder)
    registry = CollectorRegistry()
    registry.register(_Living(folder))
    _serve(server, registry)


def _emptied(name: str) -> Path:
    """An empty folder of ours alone; of another name if somebody else has made that one."""
    folder = Path(tempfile.gettempdir()) / name
    with suppress(FileNotFoundError):
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            return Path(tempfile.mkdtemp(prefix=f"{name}-"))
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    return folder


class _Living(Collector):
    """The metrics of a folder; gauges of processes that have ended are dropped first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = MultiProcessCollector(None, str(folder))

    def collect(self) -> Iterable[Metric]:
        """Every family of the folder's processes, added up."""
        for file in self._folder.glob("gauge_live*_*.db"):
            pid = int(file.stem.rpartition("_")[2])
            if not _is_alive(pid):
                mark_process_dead(pid, str(self._folder))
        found: Iterable[Metric] = self._files.collect()
        return found


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind, without looking up the host's name, which may take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "metrics", self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away or hangs is nothing to tell."""


class _Handler(WSGIRequestHandler):
    timeout = CLIENT_SECONDS

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of a scrape."""


def _bind(settings: Settings, role: str) -> WSGIServer | None:
    """A server on the role's port; None if there is to be none, or somebody else has the port."""
    if not settings.metrics_port:
        return None
    host, port = settings.metrics_host, settings.metrics_port + PORT_OF_ROLE[role]
    try:
        family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        kind = type("_FamilyServer", (_Server,), {"address_family": family})
        server: WSGIServer = kind((host, port), _Handler)
    except OSError as error:
        extra = {"role": role, "host": host, "port": port, "reason": error.strerror}
        log.warning("metrics.not_served", extra=extra)
        return None
    return server


def _serve(server: WSGIServer, registry: Collector) -> None:
    server.set_app(make_wsgi_app(registry))
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


def _is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
