"""HTTP connections that are dialled by the Dialer and ruled by an attempt's budget."""

import http.client
import logging
import ssl
from collections.abc import Mapping
from time import monotonic

from urllib3.connection import HTTPConnection

from app.domain.target import Target
from workers.sending.budget import Budget
from workers.sending.dialer import Dialer
from workers.sending.response import Response
from workers.sending.sockets import PlainSocket, TlsSocket, start_tls

# urllib3 logs what receivers send (odd headers, with the full URL): theirs to cause, not ours
# to write, and all of it is in the attempt.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class Connection(HTTPConnection):
    """One connection to one origin; TLS when it is given a context.

    It connects by itself only: urllib3's own way would resolve the name again, and change the
    shared TLS context at each connection, which other threads are reading.
    """

    sock: PlainSocket | TlsSocket | None
    response_class = Response

    def __init__(self, target: Target, dialer: Dialer, context: ssl.SSLContext | None) -> None:
        super().__init__(target.host, target.port)
        # Leaves the port out of the Host header when it is the scheme's own.
        self.default_port = 80 if context is None else 443  # type: ignore[misc]
        self._dialer = dialer
        self._context = context
        self.budget: Budget | None = None
        self.address: str | None = None
        self.connected_at = self.kept_at = monotonic()
        self._outgoing: list[bytes] = []

    def begin(self, budget: Budget) -> None:
        """Put the connection under this attempt's budget, and connect it if it is not yet."""
        self.budget = budget
        if self.sock is None:
            self.connect()
        else:
            self.sock.budget = budget
        budget.address = self.address
        budget.begin_sending()

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Send a whole request on the connection that stands; raises OSError."""
        assert self.sock is not None
        self.request("POST", path, body, headers, preload_content=False)
        request = b"".join(self._outgoing)
        self._outgoing.clear()
        self.sock.sendall(request)

    def send(self, data: bytes) -> None:  # type: ignore[override]
        """Hold back a part of the request: in one piece it is one system call and one packet."""
        self._outgoing.append(data)

    def getresponse(self) -> Response:  # type: ignore[override]
        """Give the answer as http.client does; urllib3 would wrap it once more."""
        response = http.client.HTTPConnection.getresponse(self)
        assert isinstance(response, Response)
        return response

    def connect(self) -> None:
        """Connect within the budget; raises AttemptStopped, OSError."""
        budget = self.budget
        assert budget is not None
        plain = self._dialer.dial(self.host, self.port, budget)
        self.address = budget.address
        if self._context is None:
            self.sock = plain
        else:
            self.sock = start_tls(plain, self._context, self.host, budget)
        self.connected_at = monotonic()
