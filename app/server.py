"""The HTTP server, granian, by its public API: its options, each with its reason.

docs/decisions/0012-http-server.md says why this one, docs/reverse-proxy.md what a proxy in front
of it adds.
"""

from __future__ import annotations

import errno
import multiprocessing
import socket

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from app.http.watchdog import start_watchdog
from config.descriptors import make_room
from config.settings import BadSetting

#: Open connections of one worker, idle ones included; more wait to be accepted.
CONNECTIONS_MAX = 20_000
#: Connections that the kernel holds for a worker until it accepts them.
BACKLOG = 2048
#: Bytes of a request's head; a larger one is answered with a bare 431. Of what fits in here we
#: refuse more than 32 KiB ourselves, in the envelope.
HEAD_BYTES_MAX = 64 * 1024
#: How long a worker is given to start before SIGHUP stops the one that it replaces.
START_SECONDS = 8.0
#: Longest stop of a worker: the grace, then a body that takes its ten seconds.
STOP_SECONDS = 20
#: Its own lines go where ours go, as JSON.
_LOGGING = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}},
}


def serve(
    target: str, *, host: str, port: int, port_setting: str, workers: int, idle_seconds: float
) -> None:
    """Serve what the factory `target` ("module:name") makes, in worker processes, until SIGTERM.

    A connection may be idle, or send a head, for `idle_seconds`. Raises `BadSetting` when nobody
    can listen there, `OSError` when somebody does already.
    """
    address = _bindable(host, port, port_setting)
    # Forked, a worker would take over the signal handlers of its parent.
    multiprocessing.set_start_method("spawn", force=True)
    with start_watchdog():
        Granian(
            target,
            factory=True,
            interface=Interfaces.ASGI,
            # The event loop of the product's other asyncio code; asyncio's own costs 40 % more.
            loop=Loops.uvloop,
            # Unlike "auto", this closes connections that never send anything.
            http=HTTPModes.http1,
            websockets=False,
            address=address,
            port=port,
            workers=workers,
            backlog=BACKLOG,
            backpressure=make_room(CONNECTIONS_MAX),
            http1_settings=HTTP1Settings(
                header_read_timeout=int(1000 * idle_seconds), max_buffer_size=HEAD_BYTES_MAX
            ),
            respawn_failed_workers=True,
            respawn_interval=START_SECONDS,
            workers_kill_timeout=STOP_SECONDS,
            log_level=LogLevels.warning,
            log_dictconfig=_LOGGING,
        ).serve()


def _bindable(host: str, port: int, port_setting: str) -> str:
    """The address of a host, on which the port is free.

    Each worker listens by a socket of its own, so that the kernel would not mind if an earlier
    server still did, and would share the connections between the two.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError:
        problem = f"{port} may not be used here; choose one over 1023"
        raise BadSetting(port_setting, problem) from None
    except (OSError, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise
        raise BadSetting("HOST", f"{host!r} is not an address of this machine") from None
    return str(address[0])
