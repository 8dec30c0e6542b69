"""Every process reports itself: one row each, rewritten every few seconds."""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator

SCHEMA = """
CREATE TABLE processes (
    name text COLLATE "C" PRIMARY KEY,
    report jsonb NOT NULL,
    reported_at timestamptz NOT NULL
) WITH (fillfactor = 50);
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql(SCHEMA)
