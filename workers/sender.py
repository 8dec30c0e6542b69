"""One HTTP attempt of a delivery, against a receiver that may be slow, broken or hostile.

The way of a `post`, with the file that answers for each step:

    1  the URL is parsed by strict rules                    app/domain/webhook/target.py
    2  an idle connection is taken, if there is one         workers/sending/kept.py
    3  else the name is resolved, for a limited time        workers/sending/resolver.py
    4  each address is judged, an allowed one connected to  workers/sending/dialer.py
                                                            app/domain/webhook/reachability.py
                                                            workers/sending/happy_eyeballs.py
    5  TLS, verified against the URL's host name            workers/sending/connection.py
    6  the request goes out, a bounded answer comes in      workers/sending/answer.py
                                                            workers/sending/response.py
    7  what went wrong is put into words                    workers/sending/failures.py

Whatever the receiver does, all this ends when the attempt's time is up
(workers/sending/deadlines.py). Redirects are answers like others, and no proxy is ever used.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from time import monotonic

from app.domain.delivery.attempt import AttemptResult, ErrorClass
from app.domain.webhook.reachability import Network
from app.domain.webhook.target import InvalidTarget, Target, parse_target
from workers.sending.answer import receive_answer
from workers.sending.budget import AttemptStopped, Budget
from workers.sending.connection import Connection, tls_context
from workers.sending.deadlines import Deadlines
from workers.sending.dialer import Dialer
from workers.sending.failures import explain
from workers.sending.kept import KeptConnections
from workers.sending.resolver import LookUp, Resolver, look_up_any, look_up_public

#: A kept connection that breaks later than this after sending was not stale.
STALE_SECONDS_MAX = 1.0

#: URLs whose parts are remembered.
_TARGETS_MAX = 4096
#: Header names that are remembered as checked.
_HEADER_NAMES_MAX = 1024

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[!-~](?:[ !-~]*[!-~])?")
#: They frame the message or belong to the connection, which is the sender's to manage.
_OWN_HEADER = re.compile(
    "accept-encoding|connection|content-length|expect|host|keep-alive|te|trailer"
    "|transfer-encoding|upgrade",
    re.IGNORECASE,
)


class Sender:
    """Posts webhook requests; one for all threads of a process, made after any fork.

    `connect_seconds` bounds DNS and all addresses together, `total_seconds` everything.
    `allowed_ports` None is any port; `blocked_networks` are never connected to. At most
    `idle_connections` are kept, `connections_per_host` for one host. `ca_file` names a PEM file
    of authorities trusted beside the system's. `resolver` replaces the system's look-up.
    """

    def __init__(
        self,
        *,
        connect_seconds: float = 5,
        total_seconds: float = 15,
        allow_private: bool = False,
        allowed_ports: frozenset[int] | None = None,
        blocked_networks: Sequence[Network] = (),
        connections_per_host: int = 10,
        idle_connections: int = 500,
        ca_file: str | None = None,
        resolver: LookUp | None = None,
    ) -> None:
        self._connect_seconds = connect_seconds
        self._total_seconds = total_seconds
        self._allow_private = allow_private
        self._allowed_ports = allowed_ports
        look_up = resolver or (look_up_any if allow_private else look_up_public)
        self._dialer = Dialer(
            Resolver(look_up), allow_private=allow_private, blocked=blocked_networks
        )
        self._tls_context = tls_context(ca_file)
        self._kept = KeptConnections(connections_per_host, idle_connections)
        self._deadlines = Deadlines()
        self._target = lru_cache(_TARGETS_MAX)(self._parse_target)

    def post(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        org_id: str = "",
        total_seconds: float | None = None,
    ) -> AttemptResult:
        """Send one POST request and tell what came of it, within `total_seconds`.

        `org_id`: whose request it is. `total_seconds`: other than the sender's own. Nothing that
        the receiver or the network does raises.
        Raises ValueError for headers that cannot be sent: the caller is to refuse them earlier.
        """
        headers = _checked(headers)
        budget = Budget(self._connect_seconds, total_seconds or self._total_seconds, org_id)
        try:
            return self._send(self._target(url), headers, body, budget)
        except Exception as error:
            stopped = explain(error, budget)
            return AttemptResult(
                error=stopped.error,
                error_detail=stopped.detail,
                address=budget.address,
                timings=budget.timings(),
            )

    def close(self) -> None:
        """Close the idle connections; those in use are closed when their attempts end."""
        self._kept.close()
        self._deadlines.close()

    def _parse_target(self, url: str) -> Target:
        try:
            target = parse_target(url, allow_private=self._allow_private)
        except InvalidTarget as error:
            raise AttemptStopped(ErrorClass.REFUSED_TARGET, str(error)) from error
        if self._allowed_ports is not None and target.port not in self._allowed_ports:
            raise AttemptStopped(
                ErrorClass.REFUSED_TARGET, f"deliveries to port {target.port} are not allowed"
            )
        return target

    def _send(
        self, target: Target, headers: Mapping[str, str], body: bytes, budget: Budget
    ) -> AttemptResult:
        """Send on a kept connection, or on a new one if there is none or it was stale.

        A receiver may close a kept connection just as the request leaves. The one repetition
        is safe even if it had read the request after all: deliveries are at-least-once and
        receivers deduplicate by the event's id.
        """
        kept = self._kept.take(target.origin)
        if kept is not None:
            try:
                return self._exchange(kept, target.path, headers, body, budget)
            except (ConnectionError, ssl.SSLError):
                if not _was_stale(budget):
                    raise
        context = self._tls_context if target.scheme == "https" else None
        fresh = Connection(target, self._dialer, context)
        return self._exchange(fresh, target.path, headers, body, budget)

    def _exchange(
        self,
        connection: Connection,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        budget: Budget,
    ) -> AttemptResult:
        reusable = False
        self._deadlines.add(budget)
        try:
            connection.begin(budget)
            # A receiver may refuse a request before it has read it all: look for its answer,
            # or for the alert that says why TLS ended.
            with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
                connection.post(path, headers, body)
            budget.check()
            result, reusable = receive_answer(connection, budget)
            return result
        finally:
            self._deadlines.remove(budget)
            if reusable:
                self._kept.give_back(connection)
            else:
                connection.close()


def _was_stale(budget: Budget) -> bool:
    soon = monotonic() - budget.sent_at < STALE_SECONDS_MAX
    return soon and budget.first_byte_at is None and not budget.is_over()


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """Add our own headers to the caller's; raises ValueError for what cannot be sent."""
    for name, value in headers.items():
        if not _may_be_sent(name):
            raise ValueError(f"header {name!r} cannot be sent")
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"the value of header {name} is not visible ASCII")
    return {**headers, "Accept-Encoding": "identity"}


@lru_cache(_HEADER_NAMES_MAX)
def _may_be_sent(name: str) -> bool:
    return bool(_HEADER_NAME.fullmatch(name)) and not _OWN_HEADER.fullmatch(name)
