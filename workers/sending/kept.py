"""Connections kept open between attempts."""

from collections import OrderedDict
from threading import Lock
from time import monotonic

from workers.sending.connection import Connection

#: Scheme, host and port.
Origin = tuple[str, str, int]

#: An idle connection is used again up to this age: load balancers drop theirs after 60 s.
IDLE_SECONDS_MAX = 50
#: A connection is closed at this age, so that a changed DNS entry is followed.
AGE_SECONDS_MAX = 600


class KeptConnections:
    """Idle connections by origin, the most lately used first; safe between threads.

    At most `per_origin` of an origin and `origins` origins are kept; those unused for longest
    go first.
    """

    def __init__(self, per_origin: int, origins: int) -> None:
        self._per_origin = per_origin
        self._origins = origins
        self._lock = Lock()
        self._idle: OrderedDict[Origin, list[Connection]] = OrderedDict()
        self._closed = False

    def take(self, origin: Origin) -> Connection | None:
        """Give an idle connection whose peer has neither closed it nor sent anything."""
        while (connection := self._pop(origin)) is not None:
            fresh = monotonic() - connection.kept_at < IDLE_SECONDS_MAX
            if fresh and connection.is_connected:
                return connection
            connection.close()
        return None

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection whose last answer was read to its end, or close it."""
        connection.kept_at = monotonic()
        surplus = []
        with self._lock:
            if self._closed or self._is_old(connection):
                surplus.append(connection)
            else:
                idle = self._idle.setdefault(origin, [])
                idle.append(connection)
                self._idle.move_to_end(origin)
                if len(idle) > self._per_origin:
                    surplus.append(idle.pop(0))
            surplus += self._pop_surplus(connection.kept_at)
        for old in surplus:
            old.close()

    def close(self) -> None:
        """Close all idle connections; those in use are closed when they come back."""
        with self._lock:
            self._closed = True
            idle = [connection for kept in self._idle.values() for connection in kept]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _pop(self, origin: Origin) -> Connection | None:
        with self._lock:
            idle = self._idle.get(origin)
            if not idle:
                return None
            connection = idle.pop()
            if not idle:
                del self._idle[origin]
            return connection

    def _is_old(self, connection: Connection) -> bool:
        return connection.kept_at - connection.connected_at > AGE_SECONDS_MAX

    def _pop_surplus(self, now: float) -> list[Connection]:
        """Take out the origins that were used last before all others, if too many or too old."""
        surplus: list[Connection] = []
        while self._idle:
            origin, idle = next(iter(self._idle.items()))
            if len(self._idle) <= self._origins and now - idle[-1].kept_at < IDLE_SECONDS_MAX:
                break
            surplus += self._idle.pop(origin)
        return surplus
