"""Host name to addresses, with an end to the waiting that the system's resolver lacks."""

import socket
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock, Thread
from time import monotonic
from typing import Any

from app.domain.attempt import ErrorClass
from workers.sending.budget import AttemptStopped

#: What `socket.getaddrinfo` calls a sockaddr: the address's text comes first.
SocketAddress = tuple[Any, ...]
#: Host and port to socket addresses. Raises OSError; may block for as long as it likes.
LookUp = Callable[[str, int], Sequence[SocketAddress]]

#: Look-ups under way at once in this process. Each holds a thread, stuck ones for about 30 s.
LOOK_UPS_MAX = 128
#: Of these, as many may go to names that have not been resolved lately.
UNPROVEN_LOOK_UPS_MAX = 64
#: Names remembered as resolved lately.
PROVEN_HOSTS_MAX = 10_000


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
    not been resolved lately get half of the threads, so strangers' broken name servers cannot
    keep hosts that work from being looked up.
    """

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up
        self._lock = Lock()
        self._running: dict[tuple[str, int], Future[Sequence[SocketAddress]]] = {}
        self._unproven_running = 0
        self._proven: OrderedDict[str, None] = OrderedDict()

    def addresses(self, host: str, port: int, ends_at: float) -> Sequence[SocketAddress]:
        """Give the host's addresses, unchecked; raises AttemptStopped (`dns_...`) by `ends_at`.

        `ends_at` is in `time.monotonic()` seconds.
        """
        try:
            found = self._join(host, port).result(timeout=max(0.0, ends_at - monotonic()))
        except TimeoutError as error:
            with self._lock:
                self._proven.pop(host, None)
            raise _too_late(host) from error
        except (OSError, UnicodeError) as error:
            raise AttemptStopped(ErrorClass.DNS_FAILED, _explain(host, error)) from error
        if not found:
            raise AttemptStopped(ErrorClass.DNS_FAILED, f"{host} has no address")
        return found

    def _join(self, host: str, port: int) -> "Future[Sequence[SocketAddress]]":
        """Give the host's look-up under way, or begin one."""
        key = (host, port)
        with self._lock:
            running = self._running.get(key)
            if running is not None:
                return running
            proven = host in self._proven
            if len(self._running) >= LOOK_UPS_MAX or (
                not proven and self._unproven_running >= UNPROVEN_LOOK_UPS_MAX
            ):
                raise _too_late(host)
            future: Future[Sequence[SocketAddress]] = Future()
            self._running[key] = future
            self._unproven_running += not proven
        try:
            Thread(target=self._run, args=(key, future, proven), daemon=True).start()
        except RuntimeError as error:
            self._forget(key, proven)
            detail = "too many threads on our side"
            future.set_exception(AttemptStopped(ErrorClass.SENDER_FAILED, detail))
            raise AttemptStopped(ErrorClass.SENDER_FAILED, detail) from error
        return future

    def _run(
        self, key: tuple[str, int], future: "Future[Sequence[SocketAddress]]", proven: bool
    ) -> None:
        try:
            found = self._look_up(*key)
        except BaseException as error:
            self._forget(key, proven)
            future.set_exception(error)
        else:
            self._forget(key, proven, resolved=True)
            future.set_result(found)

    def _forget(self, key: tuple[str, int], proven: bool, *, resolved: bool = False) -> None:
        host = key[0]
        with self._lock:
            del self._running[key]
            self._unproven_running -= not proven
            if resolved:
                self._proven[host] = None
                self._proven.move_to_end(host)
                if len(self._proven) > PROVEN_HOSTS_MAX:
                    self._proven.popitem(last=False)


def _too_late(host: str) -> AttemptStopped:
    return AttemptStopped(ErrorClass.DNS_TIMEOUT, f"the name servers of {host} did not answer")


def _explain(host: str, error: Exception) -> str:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return f"the name servers of {host} answered with a failure"
    return f"the host {host} does not exist or has no address"
