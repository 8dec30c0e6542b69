"""A lease names the process that holds it, so that the leases of a dead one end at once."""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql("ALTER TABLE deliveries ADD COLUMN holder text")
