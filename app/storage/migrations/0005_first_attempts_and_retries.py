"""Find a webhook's first attempts without passing its retries, and its retries likewise."""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator

#: CREATE INDEX CONCURRENTLY cannot run inside a transaction.
atomic = False

FIRSTS = "status = 'pending' AND failures = 0 AND deferrals = 0"
RETRIES = "status = 'pending' AND deferrals <> 1 AND (failures > 0 OR deferrals > 1)"


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql("SET lock_timeout = 0")
    for name, which in (("deliveries_firsts", FIRSTS), ("deliveries_retries", RETRIES)):
        db.execute_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        db.execute_sql(
            f"CREATE INDEX CONCURRENTLY {name} ON deliveries (webhook_id, next_attempt_at)"
            f" WHERE {which}"
        )
    db.execute_sql("SET lock_timeout = '3s'")
