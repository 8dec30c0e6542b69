"""What PostgreSQL says of itself, gathered for the doctor. Raises `StorageUnavailable`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from app.domain.errors import StorageUnavailable
from app.domain.system.clock_skew import clock_skew
from app.storage.database import Cursor, Database, check_writable, transaction

#: Tables whose rows change or go all the time.
HOT_TABLES = ("attempts", "captures", "contacts", "deliveries", "events", "inbox", "webhook_health")

_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
_ASKED = (
    *("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "max_connections"),
    *("server_version_num", "transaction_read_only", "synchronous_standby_names"),
)
_TABLES = """
SELECT COALESCE(whole.relname, s.relname), sum(s.n_live_tup)::bigint, sum(s.n_dead_tup)::bigint,
    bool_or(COALESCE('autovacuum_enabled=false' = ANY(c.reloptions), false)
        OR COALESCE('autovacuum_enabled=off' = ANY(c.reloptions), false))
FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
LEFT JOIN pg_inherits i ON i.inhrelid = s.relid LEFT JOIN pg_class whole ON whole.oid = i.inhparent
WHERE COALESCE(whole.relname, s.relname) = ANY(%s) AND c.relkind = 'r' GROUP BY 1
"""
_SESSIONS = """
SELECT count(*), COALESCE(max(extract(epoch FROM now() - xact_start))
    FILTER (WHERE backend_type = 'client backend'), 0)::float8
FROM pg_stat_activity
"""
_REPLICAS = "SELECT COALESCE(application_name, ''), state FROM pg_stat_replication"
_IDLE_SLOTS = "SELECT slot_name FROM pg_replication_slots WHERE NOT active"
_XID_AGE = "SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()"


class TableState(NamedTuple):
    """A table's rows, in all its partitions, by PostgreSQL's own estimate."""

    name: str
    live: int
    dead: int
    autovacuum_is_off: bool


class DatabaseFacts(NamedTuple):
    """What PostgreSQL says."""

    settings: Mapping[str, str]
    in_recovery: bool
    #: Why it takes no writes; None: it does.
    refuses_writes: str | None
    seconds_ahead: float
    sessions: int
    oldest_transaction_seconds: float
    tables: list[TableState]
    #: Name and state of each standby that is connected.
    replicas: list[tuple[str, str]]
    idle_slots: list[str]
    xid_age: int
    #: REDIS_REPLICAS_REQUIRED.
    replicas_required: int = 0


def database_facts(database: Database) -> DatabaseFacts:
    """Ask the server."""
    with transaction(database) as cursor:
        ahead = seconds_ahead(cursor)
        settings = dict(_rows(cursor, _SETTINGS, list(_ASKED)))
        ((sessions, oldest),) = _rows(cursor, _SESSIONS)
        ((in_recovery,),) = _rows(cursor, "SELECT pg_is_in_recovery()")
        ((xid_age,),) = _rows(cursor, _XID_AGE)
        facts = DatabaseFacts(
            settings,
            in_recovery,
            None,
            ahead,
            sessions,
            oldest,
            [TableState(*row) for row in _rows(cursor, _TABLES, list(HOT_TABLES))],
            [(name, state or "") for name, state in _rows(cursor, _REPLICAS)],
            [name for (name,) in _rows(cursor, _IDLE_SLOTS)],
            xid_age,
        )
    return facts._replace(refuses_writes=_refusal(database))


def _refusal(database: Database) -> str | None:
    try:
        with transaction(database) as cursor:
            check_writable(cursor)
    except StorageUnavailable as error:
        # The operating system's reason comes last: `could not write to …: No space left on device`.
        return str(error.__cause__ or error).strip().rpartition(": ")[2]
    return None


def why_asynchronous(settings: Mapping[str, str]) -> str | None:
    """Why a commit does not wait for a standby, by these settings; None: it does."""
    if not settings.get("synchronous_standby_names"):
        return "synchronous_standby_names is empty"
    commit = settings.get("synchronous_commit", "on")
    return f"synchronous_commit is {commit}" if commit in ("off", "local") else None


def find_asynchronous(cursor: Cursor) -> str | None:
    """Why commits of this session do not wait for a standby; None: they do."""
    names = ["synchronous_standby_names", "synchronous_commit"]
    return why_asynchronous(dict(_rows(cursor, _SETTINGS, names)))


def seconds_ahead(cursor: Cursor) -> float:
    """By how much this host's clock is ahead of PostgreSQL's at least; see `clock_skew`."""
    cursor.execute("SELECT")  # begins: what is measured is one round trip
    asked_at = time.time()
    cursor.execute("SELECT clock_timestamp()")
    answered_at = time.time()
    (at,) = cursor.fetchone() or (None,)
    assert isinstance(at, datetime)
    return clock_skew(at.timestamp(), asked_at, answered_at)


def _rows(cursor: Cursor, statement: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
    cursor.execute(statement, values or None)
    return list(cursor.fetchall())
