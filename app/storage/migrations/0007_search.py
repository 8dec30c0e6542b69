"""The words of the last captures, for the console's search; filled by the scheduler."""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator

SCHEMA = """
CREATE TABLE capture_words (
    capture_id text COLLATE "C" PRIMARY KEY,
    -- What was sent, and the org's id, so that a search finds its own org's captures only.
    words tsvector NOT NULL
);
CREATE INDEX capture_words_words ON capture_words USING gin (words);
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql(SCHEMA)
