"""How many rows the last retention run deleted, which the next one is compared with."""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator

SCHEMA = """
CREATE TABLE retention_runs (
    deleted_from text COLLATE "C" PRIMARY KEY,
    rows bigint NOT NULL,
    ran_at timestamptz NOT NULL DEFAULT now()
);
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql(SCHEMA)
