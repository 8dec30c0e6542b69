"""Sessions with PostgreSQL: what each is told once it is connected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg2
import psycopg2.extensions
import psycopg2.extras

from config.server_in_use import host_and_port, server_in_use

psycopg2.extras.register_default_json(globally=True, loads=msgspec.json.decode)
psycopg2.extras.register_default_jsonb(globally=True, loads=msgspec.json.decode)


def _bytes(value: Any, cursor: Any) -> bytes | None:
    return None if value is None else bytes(psycopg2.BINARY(value, cursor))


psycopg2.extensions.register_type(
    psycopg2.extensions.new_type(psycopg2.BINARY.values, "BYTES", _bytes)
)

# Set after connecting: PgBouncer refuses startup options, and ours would override those in the URL.
_SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "timezone": "UTC",
    # What is prepared (prepared.py) is planned once: a list of values would be planned each time.
    "plan_cache_mode": "force_generic_plan",
    # A process that froze in the middle of a transaction holds locks that others wait for. Shorter
    # than lock_timeout, so that whoever waits gets the lock and not an error.
    "idle_in_transaction_session_timeout": "5s",
}
_BY_INDEX = {
    "enable_seqscan": "off",
    # A scan that cannot be avoided counts as so expensive then that it would be compiled first.
    "jit": "off",
    # Rows in the order of an index: a plan that does not know its LIMIT sorts no backlog.
    "enable_bitmapscan": "off",
    # These read a whole table, or sort one, where a look into an index for each row will do.
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}

# A migration takes as long as it takes. It must not wait for a lock for long: every statement that
# comes after it waits behind it.
_MIGRATING = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "3s",
}


class Session(psycopg2.extensions.connection):
    """A connection with our settings."""

    settings: Mapping[str, str] = _SETTINGS

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.autocommit = True
        server_in_use("database", self.dsn).note(host_and_port(self.info.host, self.info.port))
        with self.cursor() as cursor:
            cursor.execute(
                ";".join(f"SET {name} = '{value}'" for name, value in self.settings.items())
            )


class SessionByIndex(Session):
    """Its plans read no whole table."""

    settings = _SETTINGS | _BY_INDEX


class MigratingSession(Session):
    """Has no time limit, except for locks."""

    settings = _SETTINGS | _MIGRATING
