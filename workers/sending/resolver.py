"""Host name to addresses, with an end to the waiting that the system's resolver lacks."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock, Thread
from time import monotonic
from typing import Any

from app.domain.delivery.attempt import ErrorClass
from workers.sending.budget import AttemptStopped

#: What `socket.getaddrinfo` calls a sockaddr: the address's text comes first.
SocketAddress = tuple[Any, ...]
#: Host and port to socket addresses. Raises OSError; may block for as long as it likes.
LookUp = Callable[[str, int], Sequence[SocketAddress]]

#: Look-ups under way at once in this process. Each holds a thread, stuck ones for about 30 s.
LOOK_UPS_MAX = 128
#: Of these, as many may go to names that have not been resolved lately,
UNPROVEN_LOOK_UPS_MAX = 64
#: and as many to such names of one org.
UNPROVEN_LOOK_UPS_PER_ORG_MAX = 16
#: Names remembered as resolved lately.
PROVEN_HOSTS_MAX = 10_000

_Key = tuple[str, int]
_Found = Future[Sequence[SocketAddress]]


class NoSuchHost(AttemptStopped):
    """The name servers say that the name does not exist or has no address."""

    def __init__(self, host: str) -> None:
        super().__init__(ErrorClass.DNS_FAILED, f"{host} does not exist or has no address")


def look_up_public(host: str, port: int) -> list[SocketAddress]:
    """Resolve as an absolute name: search domains must not turn it into an inside one."""
    return look_up_any(host + ".", port)


def look_up_any(host: str, port: int) -> list[SocketAddress]:
    """Resolve as the system does, hosts file and search domains included."""
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return [address for *_, address in found]


class Resolver:
    """Runs look-ups in threads of their own, so that each caller can stop waiting in time.

    A host has one look-up under way at most, which all its callers share: a name server that
    never answers holds one thread per name, however often the name is tried. Names that have
    not been resolved lately get half of the threads and those of one org a quarter of that half,
    so broken name servers cannot keep other orgs' hosts from being looked up.
    """

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up
        self._lock = Lock()
        self._running: dict[_Key, _Found] = {}
        #: Look-ups of unproven names under way, by org.
        self._unproven: Counter[str] = Counter()
        self._proven: set[str] = set()

    def addresses(
        self, host: str, port: int, ends_at: float, org_id: str = ""
    ) -> Sequence[SocketAddress]:
        """The host's addresses, unchecked, by `ends_at` (`time.monotonic()` seconds).

        Raises AttemptStopped: `dns_...`, or `sender_failed` if there was no thread for it.
        """
        try:
            found = self._join(host, port, org_id).result(timeout=max(0.0, ends_at - monotonic()))
        except TimeoutError as error:
            with self._lock:
                self._proven.discard(host)
            detail = f"the name servers of {host} did not answer"
            raise AttemptStopped(ErrorClass.DNS_TIMEOUT, detail) from error
        except (OSError, UnicodeError) as error:
            raise _explain(host, error) from error
        if not found:
            raise NoSuchHost(host)
        return found

    def _join(self, host: str, port: int, org_id: str) -> _Found:
        """The host's look-up under way, or a new one."""
        key = (host, port)
        with self._lock:
            running = self._running.get(key)
            if running is not None:
                return running
            unproven_org = None if host in self._proven else org_id
            if not self._has_room(unproven_org):
                raise _no_means("too many look-ups of host names under way on our side")
            future = self._running[key] = Future()
            if unproven_org is not None:
                self._unproven[unproven_org] += 1
        try:
            Thread(target=self._run, args=(key, future, unproven_org), daemon=True).start()
        except RuntimeError:
            self._forget(key, unproven_org)
            future.set_exception(_no_means("too many threads on our side"))
        return future

    def _has_room(self, unproven_org: str | None) -> bool:
        return len(self._running) < LOOK_UPS_MAX and (
            unproven_org is None
            or (
                self._unproven.total() < UNPROVEN_LOOK_UPS_MAX
                and self._unproven[unproven_org] < UNPROVEN_LOOK_UPS_PER_ORG_MAX
            )
        )

    def _run(self, key: _Key, future: _Found, unproven_org: str | None) -> None:
        try:
            found = self._look_up(*key)
        except BaseException as error:
            self._forget(key, unproven_org)
            future.set_exception(error)
        else:
            self._prove(key[0])
            self._forget(key, unproven_org)
            future.set_result(found)

    def _prove(self, host: str) -> None:
        with self._lock:
            if len(self._proven) >= PROVEN_HOSTS_MAX:
                self._proven.clear()
            self._proven.add(host)

    def _forget(self, key: _Key, unproven_org: str | None) -> None:
        with self._lock:
            del self._running[key]
            if unproven_org is not None:
                self._unproven[unproven_org] -= 1
                self._unproven += Counter()  # drops the zeros


def _no_means(detail: str) -> AttemptStopped:
    return AttemptStopped(ErrorClass.SENDER_FAILED, detail)


def _explain(host: str, error: Exception) -> AttemptStopped:
    if not _can_open_socket():
        # The system's resolver calls this a failure of the name servers, or an unknown name.
        return _no_means("too many open sockets on our side")
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        detail = f"the name servers of {host} answered with a failure"
        return AttemptStopped(ErrorClass.DNS_FAILED, detail)
    return NoSuchHost(host)


def _can_open_socket() -> bool:
    try:
        socket.socket().close()
    except OSError:
        return False
    return True
