"""Captchas: an org's secret, the tokens to verify, and what became of a capture's."""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator

SCHEMA = """
ALTER TABLE orgs ADD COLUMN captcha_secret bytea;
-- 'pending', 'verified', 'unverified' or 'failed'
ALTER TABLE captures ADD COLUMN verification text;

-- A row goes as soon as its token is verified or worth nothing any more.
CREATE TABLE verifications (
    capture_id text COLLATE "C" PRIMARY KEY REFERENCES captures ON DELETE CASCADE,
    org_id text COLLATE "C" NOT NULL,
    provider text NOT NULL,
    token text NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX verifications_due ON verifications (next_try_at);
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql(SCHEMA)
