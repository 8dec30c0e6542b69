"""A webhook's own retry policy and the time of its attempts; null: the operator's."""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql(
        "ALTER TABLE webhooks ADD COLUMN retry jsonb, ADD COLUMN timeout_seconds integer"
    )
