"""Checks PostgreSQL: durability, writes, vacuum, sessions, clock and replication."""

from __future__ import annotations

from app.domain.system.finding import Outcome, failed, limits, ok, warning
from app.monitoring.checks.clocks import clock
from app.monitoring.system import System
from app.storage.figures.server_facts import DatabaseFacts, database_facts, why_asynchronous

VERSION_MIN = 140_000
#: Dead rows are judged from this many on.
DEAD_ROWS_MIN = 10_000
TRANSACTION_SECONDS = 300.0
XID_AGE_WARN, XID_AGE_FAIL = 500_000_000, 1_500_000_000


def gather(system: System) -> DatabaseFacts:
    """What the server says of itself."""
    required = system.settings.redis_replicas_required
    return database_facts(system.database)._replace(replicas_required=required)


def takes_writes(facts: DatabaseFacts) -> Outcome:
    """It is the primary, not read-only, and its disk has room."""
    advice = "point DATABASE_URL at the primary, or turn default_transaction_read_only off"
    if facts.in_recovery:
        return failed("no: it is a standby", advice)
    if facts.settings.get("transaction_read_only") == "on":
        return failed("no: its transactions are read-only", advice)
    if facts.refuses_writes:
        return failed(f"no: {facts.refuses_writes}", "make room on its disk; nothing is lost")
    return ok("yes")


def fsyncs(facts: DatabaseFacts) -> Outcome:
    """fsync is on: a crash of the machine destroys nothing."""
    return _must_be_on(facts, "fsync", "a crash of its machine may destroy the database")


def writes_full_pages(facts: DatabaseFacts) -> Outcome:
    """full_page_writes is on."""
    return _must_be_on(facts, "full_page_writes", "a crash of its machine may damage pages")


def commits_to_disk(facts: DatabaseFacts) -> Outcome:
    """synchronous_commit is not off: a commit is on disk."""
    value = facts.settings.get("synchronous_commit", "on")
    if value == "off":
        return failed(
            "synchronous_commit off: a crash loses the last commits, captures among them",
            "set synchronous_commit = on (or local) for this database",
        )
    return ok(f"synchronous_commit {value}")


def commits_to_a_standby(facts: DatabaseFacts) -> Outcome:
    """A commit is on a standby, too, if captures must be on a replica: recording moves them."""
    reason = why_asynchronous(facts.settings)
    if reason is None:
        return ok(f"synchronous_standby_names {facts.settings['synchronous_standby_names']}")
    if not facts.replicas_required:
        return ok("REDIS_REPLICAS_REQUIRED=0 asks for none")
    return warning(
        f"{reason}: the loss of its machine loses what was recorded last",
        "set synchronous_standby_names = 'ANY 1 (*)', unless your service replicates its disks"
        " (docs/high-availability.md)",
    )


def is_recent(facts: DatabaseFacts) -> Outcome:
    """PostgreSQL 14 or later."""
    number = int(facts.settings.get("server_version_num", "0"))
    found = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    return (
        ok(found) if number >= VERSION_MIN else failed(found, "upgrade to PostgreSQL 14 or later")
    )


def has_the_right_time(facts: DatabaseFacts) -> Outcome:
    """Its clock and that of this machine agree."""
    return clock(facts.seconds_ahead)


def vacuums(facts: DatabaseFacts) -> Outcome:
    """autovacuum is on, and for every hot table."""
    if facts.settings.get("autovacuum") == "off":
        return failed("autovacuum off: tables only grow", "set autovacuum = on")
    off = [each.name for each in facts.tables if each.autovacuum_is_off]
    if off:
        return failed(
            f"autovacuum is off for {', '.join(off)}",
            f"ALTER TABLE {off[0]} RESET (autovacuum_enabled), or so for each of its partitions",
        )
    return ok("autovacuum on")


def has_few_dead_rows(facts: DatabaseFacts) -> Outcome:
    """Hot tables hold fewer dead rows than living ones, so vacuum keeps up."""
    bad = [t for t in facts.tables if t.dead > DEAD_ROWS_MIN and t.dead > t.live]
    if bad:
        told = ", ".join(f"{table.name} {table.dead:,}" for table in bad)
        return warning(
            f"more dead rows than living: {told}",
            "end old transactions and idle replication slots, then VACUUM the table",
        )
    return ok(f"{sum(table.dead for table in facts.tables):,} in all")


def has_sessions_left(facts: DatabaseFacts) -> Outcome:
    """Far fewer sessions than max_connections."""
    most = int(facts.settings.get("max_connections", "0")) or 1
    advice = "raise max_connections, or run fewer processes"
    found = f"{facts.sessions} of {most} sessions"
    return limits(facts.sessions / most, found, advice, warn=0.8, fail=0.95)


def has_no_old_transaction(facts: DatabaseFacts) -> Outcome:
    """No transaction is open for more than five minutes: it would stop vacuum."""
    seconds = facts.oldest_transaction_seconds
    return limits(
        seconds,
        f"the oldest is {seconds:,.0f} s old",
        "find it in pg_stat_activity (xact_start) and end it with pg_terminate_backend",
        warn=TRANSACTION_SECONDS,
        fail=3600.0,
    )


def replicates(facts: DatabaseFacts) -> Outcome:
    """Standbys that are connected stream, and no replication slot is without one."""
    if facts.idle_slots:
        return warning(
            f"slots without a standby: {', '.join(facts.idle_slots)}",
            "they keep WAL until the disk is full: start the standby, or"
            f" pg_drop_replication_slot('{facts.idle_slots[0]}')",
        )
    behind = [name for name, state in facts.replicas if state not in ("streaming", "")]
    if behind:
        return warning(f"not streaming: {', '.join(behind)}", "look at the standby's log")
    return ok(f"{len(facts.replicas)} standbys")


def has_transaction_ids(facts: DatabaseFacts) -> Outcome:
    """Transaction ids do not run out: vacuum freezes in time."""
    found = f"age {facts.xid_age:,}"
    advice = "VACUUM FREEZE the database, and find what keeps autovacuum from it"
    return limits(facts.xid_age, found, advice, warn=XID_AGE_WARN, fail=XID_AGE_FAIL)


def _must_be_on(facts: DatabaseFacts, name: str, consequence: str) -> Outcome:
    if facts.settings.get(name, "on") == "on":
        return ok(f"{name} on")
    return failed(f"{name} off: {consequence}", f"set {name} = on and restart PostgreSQL")


CHECKS = (
    *(takes_writes, fsyncs, writes_full_pages, commits_to_disk, commits_to_a_standby, is_recent),
    *(
        has_the_right_time,
        vacuums,
        has_few_dead_rows,
        has_sessions_left,
        has_no_old_transaction,
        replicates,
    ),
    has_transaction_ids,
)
