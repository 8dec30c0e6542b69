"""Sockets that an attempt's budget rules.

A socket timeout counts for one call only, and a peer that drips a byte now and then never
meets it. So these sockets set the time that is left before each call, and count what arrives.
"""

import socket
import ssl
from time import monotonic
from typing import Any

from app.domain.attempt import ErrorClass
from workers.sending.budget import AttemptStopped, Budget, Phase


class BudgetExceeded(AttemptStopped):
    """More bytes arrived than the attempt may read."""

    def __init__(self) -> None:
        super().__init__(ErrorClass.INVALID_RESPONSE, "the answer's headers never ended")


class _RuledByBudget(socket.socket):
    """Overrides the three calls that http.client and urllib3 make on a socket."""

    budget: Budget

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        budget = self.budget
        if budget.receivable_bytes <= 0:
            raise BudgetExceeded
        self.settimeout(budget.left())
        size = memoryview(buffer).nbytes if nbytes is None else nbytes
        asked_at = monotonic()
        received = super().recv_into(buffer, size, flags)
        came_at = monotonic()
        budget.waited_seconds += came_at - asked_at
        if budget.first_byte_at is None and received:
            budget.first_byte_at = came_at
        budget.receivable_bytes -= received
        return received

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(self.budget.left())
        return super().send(data, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(self.budget.left())
        super().sendall(data, flags)


class PlainSocket(_RuledByBudget):
    """A TCP socket ruled by a budget."""


class TlsSocket(_RuledByBudget, ssl.SSLSocket):
    """A TLS socket ruled by a budget; made by the context of `tls_context`."""


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Give the context that all connections share: building one costs about 20 ms and 1 MB.

    `ca_file` names a PEM file of authorities trusted beside the system's.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.sslsocket_class = TlsSocket
    return context


def start_tls(
    plain: PlainSocket, context: ssl.SSLContext, server_name: str, budget: Budget
) -> TlsSocket:
    """Shake hands within what is left of the budget; closes the socket when that fails."""
    budget.enter(Phase.TLS)
    try:
        # OpenSSL's handshake takes the socket's timeout as the limit of the whole handshake.
        plain.settimeout(budget.left())
        secured = context.wrap_socket(plain, server_hostname=server_name)
    except BaseException:
        plain.close()
        raise
    assert isinstance(secured, TlsSocket)
    secured.budget = budget
    budget.tls_ms = budget.ended_ms()
    return secured
