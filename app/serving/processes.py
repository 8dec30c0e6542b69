"""One web process, or several behind one port: uvicorn's supervisor over servers of ours."""

from __future__ import annotations

from contextlib import suppress

import uvicorn
from uvicorn.supervisors import multiprocess

from app.serving.server import Server


class Worker(multiprocess.Process):
    """A process that runs our server."""

    @property
    def server(self) -> Server:
        """The server, made in the process that runs it."""
        if not isinstance(self._server, Server):
            self._server = Server(self.config)
        return self._server


# The supervisor makes its processes by this name, wherever it starts or replaces one.
multiprocess.Process = Worker  # type: ignore[misc]


class Supervisor(multiprocess.Multiprocess):
    """Starts the workers, starts dead and frozen ones again, stops all together."""

    def terminate_all(self) -> None:
        """Tell every worker to stop, and leave listening to them."""
        super().terminate_all()
        # The workers hold copies. Whoever connected to ours after they have closed theirs would
        # wait for nobody, and be reset in the end.
        for each in self.sockets:
            each.close()


def serve(config: uvicorn.Config) -> None:
    """Serve in this process, or in as many as the configuration says, until told to stop."""
    sockets = [config.bind_socket()]
    with suppress(KeyboardInterrupt):
        if config.workers > 1:
            Supervisor(config, sockets).run()
        else:
            Server(config).run(sockets)
