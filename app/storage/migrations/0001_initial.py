"""The first schema.

Rule for every migration: the version of the code before it must still run on the schema after it.

Hot tables (captures, contacts, events, deliveries, attempts) carry no foreign keys: each row is
written in one transaction together with what it points to, and a key check per row costs more than
it could find. Ids compare byte by byte (COLLATE "C"), so that they sort by time on any server.
"""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator

SCHEMA = """
CREATE TABLE orgs (
    id text COLLATE "C" PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    id_secret bytea NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    id text COLLATE "C" PRIMARY KEY,
    org_id text COLLATE "C" NOT NULL REFERENCES orgs,
    name text,
    hash bytea NOT NULL UNIQUE,
    prefix text NOT NULL,
    last4 text NOT NULL,
    scope text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE INDEX api_keys_org ON api_keys (org_id, id);

-- One row, whose version rises with every change of an org or a key: what web processes poll.
CREATE TABLE directory (version bigint NOT NULL);
INSERT INTO directory VALUES (1);

CREATE TABLE contacts (
    id text COLLATE "C" PRIMARY KEY,
    org_id text COLLATE "C" NOT NULL,
    email text NOT NULL,
    first_name text,
    last_name text,
    phone text,
    title text,
    linkedin_url text,
    stage text NOT NULL,
    source text NOT NULL,
    source_detail text,
    company_id text,
    owner_id text,
    metadata jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    first_captured_at timestamptz,
    last_captured_at timestamptz,
    captures_count integer NOT NULL,
    sequence integer NOT NULL,
    stamps jsonb NOT NULL,
    tended_since text COLLATE "C",
    deleted_at timestamptz,
    erased_since text COLLATE "C",
    version integer NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX contacts_created ON contacts (org_id, created_at, id);
CREATE INDEX contacts_email ON contacts (org_id, email);

-- An address that a contact took later: the id derived from it leads to the contact.
CREATE TABLE contact_aliases (
    id text COLLATE "C" PRIMARY KEY,
    contact_id text COLLATE "C" NOT NULL
);
CREATE INDEX contact_aliases_contact ON contact_aliases (contact_id);

CREATE TABLE captures (
    id text COLLATE "C" PRIMARY KEY,
    org_id text COLLATE "C" NOT NULL,
    contact_id text COLLATE "C",
    status text NOT NULL,
    reason text,
    payload json NOT NULL,
    keyed boolean NOT NULL DEFAULT false,
    client_address text,
    user_agent text,
    referrer text
);
CREATE INDEX captures_contact ON captures (contact_id, id);
CREATE INDEX captures_set_aside ON captures (org_id, status, id) WHERE status <> 'recorded';

-- Jobs that nobody could read, kept as they came.
CREATE TABLE unreadable_jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    payload bytea NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Captures accepted while Redis was away; the clock moves them on.
CREATE TABLE inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    captures json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- `number` is the order of writing. `position` is the order of reading: given to committed events
-- only, so that a reader who follows it never overtakes a transaction that is still open.
CREATE TABLE events (
    id text COLLATE "C" PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    position bigint,
    org_id text COLLATE "C" NOT NULL,
    type text NOT NULL,
    contact_id text COLLATE "C",
    sequence integer,
    occurred_at timestamptz NOT NULL,
    data json NOT NULL
);
CREATE SEQUENCE event_positions;
CREATE INDEX events_unplaced ON events (org_id, number) WHERE position IS NULL;
CREATE INDEX events_placed ON events (org_id, position) WHERE position IS NOT NULL;
CREATE INDEX events_org ON events (org_id, id);
CREATE INDEX events_contact ON events (contact_id) WHERE contact_id IS NOT NULL;

CREATE TABLE webhooks (
    id text COLLATE "C" PRIMARY KEY,
    org_id text COLLATE "C" NOT NULL REFERENCES orgs,
    name text NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_secret_until timestamptz,
    headers jsonb NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    rate_limit integer,
    ordered boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT 'active',
    status_reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhooks_org ON webhooks (org_id, id) WHERE status <> 'deleted';

-- What is known of a webhook's endpoint; apart from webhooks, because it changes with deliveries.
CREATE TABLE webhook_health (
    webhook_id text COLLATE "C" PRIMARY KEY REFERENCES webhooks ON DELETE CASCADE,
    failure_count integer NOT NULL DEFAULT 0,
    exhausted_count integer NOT NULL DEFAULT 0,
    flow integer,
    not_before timestamptz,
    rest_until timestamptz,
    paced_until timestamptz,
    recovering boolean NOT NULL DEFAULT false,
    active_since timestamptz NOT NULL DEFAULT now(),
    last_success_at timestamptz
) WITH (fillfactor = 50);

CREATE TABLE deliveries (
    id text COLLATE "C" PRIMARY KEY,
    org_id text COLLATE "C" NOT NULL,
    webhook_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    event_type text NOT NULL,
    contact_id text COLLATE "C",
    sequence integer,
    status text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    deferrals integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    lease bigint,
    leased_until timestamptz,
    last_result text,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- When it was taken up again by hand or by a replay: its age counts from then.
    reopened_at timestamptz,
    settled_at timestamptz
) WITH (fillfactor = 85);
CREATE SEQUENCE leases;
CREATE UNIQUE INDEX deliveries_once ON deliveries (event_id, webhook_id);
CREATE INDEX deliveries_due ON deliveries (webhook_id, next_attempt_at) WHERE status = 'pending';
-- Those that the receiver put off once: they go first when its rest is over.
CREATE INDEX deliveries_put_off ON deliveries (webhook_id, next_attempt_at)
    WHERE status = 'pending' AND deferrals = 1;
CREATE INDEX deliveries_leased ON deliveries (webhook_id, leased_until)
    WHERE status = 'attempting';
CREATE INDEX deliveries_listed ON deliveries (webhook_id, status, id);
CREATE INDEX deliveries_in_order ON deliveries (webhook_id, contact_id, sequence)
    WHERE status IN ('pending', 'attempting');

CREATE TABLE attempts (
    delivery_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    id text COLLATE "C" NOT NULL,
    started_at timestamptz NOT NULL,
    status integer,
    error text,
    error_detail text,
    address text,
    timings jsonb NOT NULL DEFAULT '{}',
    response_headers jsonb NOT NULL DEFAULT '[]',
    response_body bytea,
    result text NOT NULL,
    next_attempt_at timestamptz,
    PRIMARY KEY (delivery_id, number)
);

CREATE TABLE replays (
    id text COLLATE "C" PRIMARY KEY,
    org_id text COLLATE "C" NOT NULL,
    webhook_id text COLLATE "C" NOT NULL,
    since timestamptz,
    until timestamptz,
    types text[],
    only_failed boolean NOT NULL DEFAULT false,
    status text NOT NULL,
    total integer NOT NULL DEFAULT 0,
    done integer NOT NULL DEFAULT 0,
    reached text COLLATE "C",
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX replays_open ON replays (id) WHERE status = 'running';
"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql(SCHEMA)
