"""The audit log, the check value of SECRET_KEY, former aliases, versions of single orgs and keys.

The triggers give every changed org or key the directory's next version, so that web processes read
what has changed and nothing else. A writer holds the directory's row until its commit: whoever sees
a version sees everything below it. The version before this one counts the directory up as well,
which does no harm.
"""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator

SCHEMA = """
-- Who changed what, and when: ids only, never an address.
CREATE TABLE audit_log (
    id text COLLATE "C" PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    org_id text COLLATE "C",
    -- The id of an API key, 'manage', 'system' or 'anonymous'.
    actor text COLLATE "C" NOT NULL,
    action text NOT NULL,
    subject_id text COLLATE "C",
    details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_org ON audit_log (org_id, id);

-- One row: a known text, encrypted with SECRET_KEY.
CREATE TABLE secret_check (encrypted bytea NOT NULL);

-- Aliases of contacts that were deleted: the addresses are free, their history is still theirs.
CREATE TABLE former_aliases (
    id text COLLATE "C" NOT NULL,
    contact_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (id, contact_id)
);
CREATE INDEX former_aliases_contact ON former_aliases (contact_id);

ALTER TABLE orgs ADD COLUMN version bigint NOT NULL DEFAULT 0;
ALTER TABLE api_keys ADD COLUMN version bigint NOT NULL DEFAULT 0;
CREATE INDEX orgs_version ON orgs (version);
CREATE INDEX api_keys_version ON api_keys (version);

CREATE FUNCTION next_directory_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE directory SET version = version + 1 RETURNING version INTO NEW.version;
    RETURN NEW;
END
$$;
CREATE TRIGGER orgs_version BEFORE INSERT OR UPDATE ON orgs
    FOR EACH ROW EXECUTE FUNCTION next_directory_version();
CREATE TRIGGER api_keys_version BEFORE INSERT OR UPDATE ON api_keys
    FOR EACH ROW EXECUTE FUNCTION next_directory_version();
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql(SCHEMA)
