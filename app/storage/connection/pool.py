"""A pool of connections that no silent network blocks."""

from __future__ import annotations

import select

import psycopg2.extensions
from peewee import Psycopg2Adapter
from playhouse.pool import PooledPostgresqlDatabase

#: How long a thread waits for a connection of a busy pool.
POOL_SECONDS = 2


class _PoolAdapter(Psycopg2Adapter):
    """Looks at an idle connection without asking the server, which may never answer.

    The pool asks it under its lock: in a silent network every caller waited for every connection.
    """

    def is_connection_closed(self, conn: psycopg2.extensions.connection) -> bool:
        """Whether it is broken, or the server has hung up or said that it will."""
        is_idle = conn.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE
        told = select.poll()
        told.register(conn, select.POLLIN)
        return not is_idle or bool(told.poll(0))


class Pool(PooledPostgresqlDatabase):  # type: ignore[misc]
    """Connections that threads borrow."""

    psycopg2_adapter = _PoolAdapter
