"""Connections kept open between attempts.

Not urllib3's pools: each of them counts its own connections only, so that a thousand receivers
would hold more descriptors than the process has, and none of them knows an age. Sending through
one costs 40 microseconds more, a fifth of an attempt.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
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
    """Idle connections by origin, the last one used first; safe between threads.

    At most `per_origin` of one origin and `total` in all are kept; those unused for longest go
    first.
    """

    def __init__(self, per_origin: int, total: int) -> None:
        self._per_origin = per_origin
        self._total = total
        self._lock = Lock()
        self._idle: OrderedDict[Connection, Origin] = OrderedDict()
        self._by_origin: defaultdict[Origin, list[Connection]] = defaultdict(list)

    def take(self, origin: Origin) -> Connection | None:
        """An idle connection whose peer has neither closed it nor sent anything."""
        while (connection := self._newest(origin)) is not None:
            if monotonic() - connection.kept_at < IDLE_SECONDS_MAX and connection.is_connected:
                return connection
            connection.close()
        return None

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection whose last answer was read to its end, or close it."""
        connection.kept_at = now = monotonic()
        surplus = []
        with self._lock:
            same = self._by_origin[origin]
            same.append(connection)
            self._idle[connection] = origin
            if now - connection.connected_at > AGE_SECONDS_MAX:
                surplus.append(self._pop(connection))
            elif len(same) > self._per_origin:
                surplus.append(self._pop(same[0]))
            while self._idle and self._is_surplus(oldest := next(iter(self._idle)), now):
                surplus.append(self._pop(oldest))
        for old in surplus:
            old.close()

    def close(self) -> None:
        """Close all idle connections; those in use are closed when they come back."""
        with self._lock:
            self._total = 0
            idle = list(self._idle)
            self._idle.clear()
            self._by_origin.clear()
        for connection in idle:
            connection.close()

    def _newest(self, origin: Origin) -> Connection | None:
        with self._lock:
            same = self._by_origin.get(origin)
            return self._pop(same[-1]) if same else None

    def _pop(self, connection: Connection) -> Connection:
        origin = self._idle.pop(connection)
        same = self._by_origin[origin]
        same.remove(connection)
        if not same:
            del self._by_origin[origin]
        return connection

    def _is_surplus(self, oldest: Connection, now: float) -> bool:
        return len(self._idle) > self._total or now - oldest.kept_at >= IDLE_SECONDS_MAX
