"""What repeats of a capture have in common, where they may have come through several streams."""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql("ALTER TABLE captures ADD COLUMN identity text")
