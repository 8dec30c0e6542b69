"""HTTP connections that the Dialer makes and an attempt's budget governs."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
from collections.abc import Mapping
from functools import partial
from time import monotonic

from urllib3.connection import HTTPConnection

from app.domain.webhook.target import DEFAULT_PORTS, Target
from workers.sending.budget import Budget, Phase
from workers.sending.dialer import Dialer
from workers.sending.response import Response

# urllib3 logs what receivers send (odd headers, with the full URL): theirs to cause, not ours
# to write, and all of it is in the attempt.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class Connection(HTTPConnection):
    """One connection to one origin; with TLS if it is given a context.

    It has no timeout, since `Deadlines` enforces one. It overrides `connect`: urllib3's own would
    resolve the name again, and set the protocols of the shared TLS context at each connection,
    while other threads are reading them.
    """

    def __init__(self, target: Target, dialer: Dialer, context: ssl.SSLContext | None) -> None:
        super().__init__(target.host, target.port, timeout=None)
        # Leaves the port out of the Host header if it is the scheme's own.
        self.default_port = DEFAULT_PORTS[target.scheme]  # type: ignore[misc]
        self.origin = target.origin
        self._dialer = dialer
        self._context = context
        self.address: str | None = None
        self.connected_at = self.kept_at = monotonic()
        self._outgoing: list[bytes] = []

    def begin(self, budget: Budget) -> None:
        """Put the connection under this attempt's budget, and connect it if it is not yet."""
        self.budget = budget
        self.response_class = partial(Response, budget)  # type: ignore[assignment]
        if self.sock is None:
            self.connect()
        budget.sock, budget.address = self.sock, self.address
        budget.begin_sending()

    def connect(self) -> None:
        """Connect within the budget; raises AttemptStopped, OSError."""
        budget = self.budget
        budget.sock = self.sock = self._dialer.dial(self.host, self.port, budget)
        self.address = budget.address
        self.sock.settimeout(None)
        if self._context is not None:
            budget.enter(Phase.TLS)
            budget.sock = self.sock = secured = self._context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            secured.do_handshake()
        self.connected_at = monotonic()

    @property
    def is_connected(self) -> bool:
        """Whether the peer has neither closed the idle connection nor sent anything.

        urllib3's own way, `poll`, costs gevent a switch to its hub.
        """
        if self.sock is None:
            return False
        self.sock.settimeout(0)
        try:
            # Not the method of a TLS socket, which cannot peek.
            socket.socket.recv(self.sock, 1, socket.MSG_PEEK)
        except OSError as error:
            return isinstance(error, BlockingIOError)
        return False

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Send a whole request on the open connection; raises OSError."""
        self.request("POST", path, body, headers, preload_content=False)
        request = b"".join(self._outgoing)
        self._outgoing.clear()
        self.sock.sendall(request)

    def send(self, data: bytes) -> None:  # type: ignore[override]
        """Hold back a part of the request: in one piece it is one system call and one packet."""
        self._outgoing.append(data)

    def getresponse(self) -> Response:  # type: ignore[override]
        """The answer as http.client gives it: urllib3 would take 80 microseconds to wrap it."""
        return http.client.HTTPConnection.getresponse(self)  # type: ignore[return-value]


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """The context that all connections share: building one costs about 20 ms and 1 MB.

    `ca_file` names a PEM file of authorities trusted beside the system's.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context
