"""Users of the console, their sessions and sign-in links, and the hourly figures of its Home."""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator

SCHEMA = """
CREATE TABLE users (
    id text COLLATE "C" PRIMARY KEY,
    org_id text COLLATE "C" NOT NULL REFERENCES orgs,
    email text COLLATE "C" NOT NULL,
    role text NOT NULL,
    -- argon2id with its parameters; null: signs in by a link only.
    password_hash text,
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    last_signed_in_at timestamptz,
    UNIQUE (org_id, email)
);

CREATE TABLE sessions (
    id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    hash bytea NOT NULL UNIQUE,
    -- The hash before the last rotation: requests that were under way still carry it.
    previous_hash bytea,
    -- What every form of this session carries.
    form_token text NOT NULL,
    user_agent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    rotated_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_previous ON sessions (previous_hash) WHERE previous_hash IS NOT NULL;

CREATE TABLE sign_in_links (
    hash bytea PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_links_user ON sign_in_links (user_id);

-- Counted by the scheduler, an hour at a time, and counted again while the hour may still change.
CREATE TABLE lead_hours (
    org_id text COLLATE "C" NOT NULL,
    hour timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    leads integer NOT NULL,
    PRIMARY KEY (org_id, hour, source, status)
);
-- By the hour in which a delivery was made, not in which it ended.
CREATE TABLE delivery_hours (
    org_id text COLLATE "C" NOT NULL,
    hour timestamptz NOT NULL,
    succeeded integer NOT NULL,
    failed integer NOT NULL,
    unsettled integer NOT NULL,
    p50_ms integer,
    p95_ms integer,
    PRIMARY KEY (org_id, hour)
);
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql(SCHEMA)
