"""The score of a capture, the signals behind it, and what a person said of it."""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator

SCHEMA = """
ALTER TABLE captures
    ADD COLUMN spam_score real,
    ADD COLUMN spam_signals jsonb,
    -- 'spam' or 'not_spam'
    ADD COLUMN marked text;
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql(SCHEMA)
