"""Which form a lead came from, and the touches before it.

Columns without a default, or with a constant one, cost nothing on large tables; the version before
this one leaves them out when it writes.
"""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator

SCHEMA = """
ALTER TABLE contacts ADD COLUMN form text;
ALTER TABLE contacts ADD COLUMN attribution jsonb NOT NULL DEFAULT '[]';
ALTER TABLE events ADD COLUMN form text;
ALTER TABLE webhooks ADD COLUMN forms text[] NOT NULL DEFAULT '{}';
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql(SCHEMA)
