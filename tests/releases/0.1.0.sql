-- A database that version 0.1.0 filled: 20 contacts, 27 captures, deliveries done, due and held, and
-- three captures in the fallback table. Its SECRET_KEY is 32 times "k", its key rex_test_ and 32 times "u".
CREATE TABLE public.api_keys (
    id text NOT NULL COLLATE pg_catalog."C",
    org_id text NOT NULL COLLATE pg_catalog."C",
    name text,
    hash bytea NOT NULL,
    prefix text NOT NULL,
    last4 text NOT NULL,
    scope text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone
);
CREATE TABLE public.attempts (
    delivery_id text NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    started_at timestamp with time zone NOT NULL,
    status integer,
    error text,
    error_detail text,
    address text,
    timings jsonb DEFAULT '{}'::jsonb NOT NULL,
    response_headers jsonb DEFAULT '[]'::jsonb NOT NULL,
    response_body bytea,
    result text NOT NULL,
    next_attempt_at timestamp with time zone
);
CREATE TABLE public.captures (
    id text NOT NULL COLLATE pg_catalog."C",
    org_id text NOT NULL COLLATE pg_catalog."C",
    contact_id text COLLATE pg_catalog."C",
    status text NOT NULL,
    reason text,
    payload json NOT NULL,
    keyed boolean DEFAULT false NOT NULL,
    client_address text,
    user_agent text,
    referrer text
);
CREATE TABLE public.contact_aliases (
    id text NOT NULL COLLATE pg_catalog."C",
    contact_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.contacts (
    id text NOT NULL COLLATE pg_catalog."C",
    org_id text NOT NULL COLLATE pg_catalog."C",
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
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    first_captured_at timestamp with time zone,
    last_captured_at timestamp with time zone,
    captures_count integer NOT NULL,
    sequence integer NOT NULL,
    stamps jsonb NOT NULL,
    tended_since text COLLATE pg_catalog."C",
    deleted_at timestamp with time zone,
    erased_since text COLLATE pg_catalog."C",
    version integer NOT NULL
)
WITH (fillfactor='85');
CREATE TABLE public.deliveries (
    id text NOT NULL COLLATE pg_catalog."C",
    org_id text NOT NULL COLLATE pg_catalog."C",
    webhook_id text NOT NULL COLLATE pg_catalog."C",
    event_id text NOT NULL COLLATE pg_catalog."C",
    event_type text NOT NULL,
    contact_id text COLLATE pg_catalog."C",
    sequence integer,
    status text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    deferrals integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    lease bigint,
    leased_until timestamp with time zone,
    last_result text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    reopened_at timestamp with time zone,
    settled_at timestamp with time zone
)
WITH (fillfactor='85');
CREATE TABLE public.directory (
    version bigint NOT NULL
);
CREATE SEQUENCE public.event_positions
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE public.events (
    id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    "position" bigint,
    org_id text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL,
    contact_id text COLLATE pg_catalog."C",
    sequence integer,
    occurred_at timestamp with time zone NOT NULL,
    data json NOT NULL
);
ALTER TABLE public.events ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.events_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.inbox (
    id bigint NOT NULL,
    captures json NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.inbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE SEQUENCE public.leases
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE public.orgs (
    id text NOT NULL COLLATE pg_catalog."C",
    slug text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    id_secret bytea NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.replays (
    id text NOT NULL COLLATE pg_catalog."C",
    org_id text NOT NULL COLLATE pg_catalog."C",
    webhook_id text NOT NULL COLLATE pg_catalog."C",
    since timestamp with time zone,
    until timestamp with time zone,
    types text[],
    only_failed boolean DEFAULT false NOT NULL,
    status text NOT NULL,
    total integer DEFAULT 0 NOT NULL,
    done integer DEFAULT 0 NOT NULL,
    reached text COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.schema_migration (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp without time zone NOT NULL
);
CREATE SEQUENCE public.schema_migration_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.schema_migration_id_seq OWNED BY public.schema_migration.id;
CREATE TABLE public.unreadable_jobs (
    id bigint NOT NULL,
    queue text NOT NULL,
    payload bytea NOT NULL,
    reason text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.unreadable_jobs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.unreadable_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.webhook_health (
    webhook_id text NOT NULL COLLATE pg_catalog."C",
    failure_count integer DEFAULT 0 NOT NULL,
    exhausted_count integer DEFAULT 0 NOT NULL,
    flow integer,
    not_before timestamp with time zone,
    rest_until timestamp with time zone,
    paced_until timestamp with time zone,
    recovering boolean DEFAULT false NOT NULL,
    active_since timestamp with time zone DEFAULT now() NOT NULL,
    last_success_at timestamp with time zone
)
WITH (fillfactor='50');
CREATE TABLE public.webhooks (
    id text NOT NULL COLLATE pg_catalog."C",
    org_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_secret_until timestamp with time zone,
    headers jsonb DEFAULT '{}'::jsonb NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    rate_limit integer,
    ordered boolean DEFAULT false NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    status_reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY public.schema_migration ALTER COLUMN id SET DEFAULT nextval('public.schema_migration_id_seq'::regclass);
INSERT INTO public.api_keys VALUES
	('key_01M8FKCVASEAQ9A2ASF7YHEMY1', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'bootstrap', '\x6582352e1396543d3e4d2da42f14626ffcd409a41a1a31760fe1517ac1486bc0', 'rex_test_', 'uuuu', 'read-write', '2026-11-27 22:53:10.356025+00', NULL);
INSERT INTO public.attempts VALUES
	('dlv_01M8FKCYMS9VPJA67RYHRJ14FH', 1, 'att_01M8FKCYRKBX8DJNYEDCBSVPKY', '2026-11-27 22:53:13.873+00', NULL, 'connect_refused', 'nothing listens at 127.0.0.1:9', '127.0.0.1:9', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": null}', '[]', NULL, 'retry', '2026-11-27 23:03:23.021874+00'),
	('dlv_01M8FKCYMMBEPZHA8GMDACMQW7', 1, 'att_01M8FKCYRT7Q7KKH1K8HV7W051', '2026-11-27 22:53:13.882+00', NULL, 'connect_refused', 'nothing listens at 127.0.0.1:9', '127.0.0.1:9', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": null}', '[]', NULL, 'retry', '2026-11-27 23:02:40.474457+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9T', 1, 'att_01M8FKCYRWFH9113QE24DCAFWK', '2026-11-27 22:53:13.882+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": 0, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYMS9VPJA67RYHRJ14FG', 1, 'att_01M8FKCYRX1XKPW175RXCX877K', '2026-11-27 22:53:13.884+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": 0}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA1', 1, 'att_01M8FKCYS1FMZ6T06KAAAWKE1X', '2026-11-27 22:53:13.888+00', NULL, 'connect_refused', 'nothing listens at 127.0.0.1:9', '127.0.0.1:9', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": null}', '[]', NULL, 'retry', '2026-11-27 23:02:23.081596+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA4', 1, 'att_01M8FKCYS6C0Y7MC5NPQ36ANJQ', '2026-11-27 22:53:13.894+00', NULL, 'connect_refused', 'nothing listens at 127.0.0.1:9', '127.0.0.1:9', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": null}', '[]', NULL, 'retry', '2026-11-27 23:02:53.876872+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9X', 1, 'att_01M8FKCYS6C0Y7MC5NPQ36ANJR', '2026-11-27 22:53:13.892+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 2, "connect_ms": null, "first_byte_ms": 2}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAF', 1, 'att_01M8FKCYS9AYZZN2XQ92S1RA4S', '2026-11-27 22:53:13.896+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": 0, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAJ', 1, 'att_01M8FKCYS9AYZZN2XQ92S1RA4V', '2026-11-27 22:53:13.897+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA0', 1, 'att_01M8FKCYS8EX7HHW97Z82BR0SZ', '2026-11-27 22:53:13.894+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA3', 1, 'att_01M8FKCYS8EX7HHW97Z82BR0T0', '2026-11-27 22:53:13.896+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": 0}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA6', 1, 'att_01M8FKCYS9AYZZN2XQ92S1RA4T', '2026-11-27 22:53:13.896+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA9', 1, 'att_01M8FKCYSA2RT6TBZMVH42SY56', '2026-11-27 22:53:13.897+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 0}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAC', 1, 'att_01M8FKCYSA2RT6TBZMVH42SY57', '2026-11-27 22:53:13.898+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": 0}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9Y', 1, 'att_01M8FKCYSA2RT6TBZMVH42SY58', '2026-11-27 22:53:13.898+00', NULL, 'connect_refused', 'nothing listens at 127.0.0.1:9', '127.0.0.1:9', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": null}', '[]', NULL, 'retry', '2026-11-27 23:02:18.073735+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAD', 1, 'att_01M8FKCYSC0AN7030JQ1C0C6KZ', '2026-11-27 22:53:13.9+00', NULL, 'connect_refused', 'nothing listens at 127.0.0.1:9', '127.0.0.1:9', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": null}', '[]', NULL, 'retry', '2026-11-27 23:01:36.836405+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAA', 1, 'att_01M8FKCYSC0AN7030JQ1C0C6M0', '2026-11-27 22:53:13.899+00', NULL, 'connect_refused', 'nothing listens at 127.0.0.1:9', '127.0.0.1:9', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": null}', '[]', NULL, 'retry', '2026-11-27 23:04:15.384749+00'),
	('dlv_01M8FKCYPT9DT5VXKWA9S06QF4', 1, 'att_01M8FKCYSC0AN7030JQ1C0C6M1', '2026-11-27 22:53:13.899+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9Q', 1, 'att_01M8FKCYSFF6N5JTSSA26A58Z7', '2026-11-27 22:53:13.902+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYR8FKZ173W1HDXZWHHK', 1, 'att_01M8FKCYSFF6N5JTSSA26A58Z9', '2026-11-27 22:53:13.903+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": 0, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYS0FABFD8PF6XS24XDB', 1, 'att_01M8FKCYSGCGXMH482GCEN2BQE', '2026-11-27 22:53:13.904+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9V', 1, 'att_01M8FKCYSHDFN2EDQZ4S6CC9BJ', '2026-11-27 22:53:13.905+00', NULL, 'connect_refused', 'nothing listens at 127.0.0.1:9', '127.0.0.1:9', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": null}', '[]', NULL, 'retry', '2026-11-27 23:03:14.128783+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9R', 1, 'att_01M8FKCYSHDFN2EDQZ4S6CC9BK', '2026-11-27 22:53:13.905+00', NULL, 'connect_refused', 'nothing listens at 127.0.0.1:9', '127.0.0.1:9', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": null}', '[]', NULL, 'retry', '2026-11-27 23:02:55.633273+00'),
	('dlv_01M8FKCYMMBEPZHA8GMDACMQW6', 1, 'att_01M8FKCYSJ2G8NZHTSW9FXN9C7', '2026-11-27 22:53:13.904+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 2, "connect_ms": null, "first_byte_ms": 2}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYQF1TP8YX95PC0F1Z19', 1, 'att_01M8FKCYSFF6N5JTSSA26A58Z8', '2026-11-27 22:53:13.902+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYQF1TP8YX95PC0F1Z1C', 1, 'att_01M8FKCYSGCGXMH482GCEN2BQD', '2026-11-27 22:53:13.903+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYQK82060Y7C1ZXPJXHT', 1, 'att_01M8FKCYSHDFN2EDQZ4S6CC9BH', '2026-11-27 22:53:13.904+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYQK82060Y7C1ZXPJXHX', 1, 'att_01M8FKCYSKAVESJZ8FSA3P1GD4', '2026-11-27 22:53:13.905+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYR8FKZ173W1HDXZWHHG', 1, 'att_01M8FKCYSKAVESJZ8FSA3P1GD5', '2026-11-27 22:53:13.907+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": 0}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA7', 1, 'att_01M8FKCYSZ3GJ2ZZ02ZBVFZ05R', '2026-11-27 22:53:13.919+00', NULL, 'connect_refused', 'nothing listens at 127.0.0.1:9', '127.0.0.1:9', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": null}', '[]', NULL, 'retry', '2026-11-27 23:04:44.892925+00'),
	('dlv_01M8FKCYVVBBRVPJWR5WE9C3NZ', 1, 'att_01M8FKCYWV2H417EC4M60KMC0Q', '2026-11-27 22:53:14.01+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 0, "connect_ms": null, "first_byte_ms": 0}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYVWDVGBHPBW36MXR15R', 1, 'att_01M8FKCYX8AGXX17D4S01GXW6Q', '2026-11-27 22:53:14.023+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYW352B9TFYWYESAKK30', 1, 'att_01M8FKCYXFETNWHP5R96SQ77XW', '2026-11-27 22:53:14.03+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYW8DFXBQ1EM0KRC9Z7N', 1, 'att_01M8FKCYXFETNWHP5R96SQ77XX', '2026-11-27 22:53:14.03+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYWKEWZFM6W4RTAXB118', 1, 'att_01M8FKCYXG3K9R853RDFSA3W0Q', '2026-11-27 22:53:14.031+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYXJ15N5AJCV3Y07C1NZ', 1, 'att_01M8FKCYXVD20X8E3HJKTZ1WNG', '2026-11-27 22:53:14.042+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL),
	('dlv_01M8FKCYY42QKJCMZ9CRE0NHEQ', 1, 'att_01M8FKCYZ1EQMWMR1JC72ZXWTD', '2026-11-27 22:53:14.08+00', 200, NULL, NULL, '127.0.0.1:36699', '{"dns_ms": null, "tls_ms": null, "total_ms": 1, "connect_ms": null, "first_byte_ms": 1}', '[["Content-Length", "0"]]', NULL, 'succeeded', NULL);
INSERT INTO public.captures VALUES
	('cap_01M8FKCYKA1XD2ZPY5WKWHK6BY', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPR94W890STTT845T3', 'recorded', NULL, '{"email":"lead0@example.com","first_name":"Lead 0","source":"organic","metadata":{"utm_source":"dump","n":0}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYKG038KWYQ2TD9K677X', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAP4SRPV3N6T6T54SVG', 'recorded', NULL, '{"email":"lead1@example.com","first_name":"Lead 1","source":"organic","metadata":{"utm_source":"dump","n":1}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYKN74QAKKZV276SNQS1', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPZNDH72MCFJ6AFR6B', 'recorded', NULL, '{"email":"lead2@example.com","first_name":"Lead 2","source":"organic","metadata":{"utm_source":"dump","n":2}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYKZ6KXW1WRNFY76ADGB', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAP0Q9MEQ79M58MSTZM', 'recorded', NULL, '{"email":"lead3@example.com","first_name":"Lead 3","source":"organic","metadata":{"utm_source":"dump","n":3}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYM1CFN15BKFGVBCN6SA', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPH05DDAH5TP02PV8M', 'recorded', NULL, '{"email":"lead4@example.com","first_name":"Lead 4","source":"organic","metadata":{"utm_source":"dump","n":4}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYM551DYEH9MV215NFZR', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPD5MJCDQ4SVCRYCTF', 'recorded', NULL, '{"email":"lead5@example.com","first_name":"Lead 5","source":"organic","metadata":{"utm_source":"dump","n":5}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYM8D4H60D2VYNBEBMWJ', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPQWZX57RTW6YS6CT9', 'recorded', NULL, '{"email":"lead6@example.com","first_name":"Lead 6","source":"organic","metadata":{"utm_source":"dump","n":6}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYMJ059TRMMR69FEGV7V', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPY2WV5V66F2P8DA5N', 'recorded', NULL, '{"email":"lead7@example.com","first_name":"Lead 7","source":"organic","metadata":{"utm_source":"dump","n":7}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYN0A89WSRDKWHA6P6QY', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPFP9PDSW38MVT900R', 'recorded', NULL, '{"email":"lead8@example.com","first_name":"Lead 8","source":"organic","metadata":{"utm_source":"dump","n":8}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYN4399N9T2NHSSJYYF5', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPD6A9XA6GAKYFTKHD', 'recorded', NULL, '{"email":"lead9@example.com","first_name":"Lead 9","source":"organic","metadata":{"utm_source":"dump","n":9}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYN7EPCEMZRJ69YR8J0B', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPK0KS5SM833820Y4V', 'recorded', NULL, '{"email":"lead10@example.com","first_name":"Lead 10","source":"organic","metadata":{"utm_source":"dump","n":10}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYNAEA5VWHAM38NWZKSA', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J', 'recorded', NULL, '{"email":"lead11@example.com","first_name":"Lead 11","source":"organic","metadata":{"utm_source":"dump","n":11}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYNE8VFG9N9WEMA1BMQC', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPQG5JEWZ6GA17GCP2', 'recorded', NULL, '{"email":"lead12@example.com","first_name":"Lead 12","source":"organic","metadata":{"utm_source":"dump","n":12}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYP5AHGW1F3PSFS0RD3C', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPP64Z6CCFKP5ND3DH', 'recorded', NULL, '{"email":"lead14@example.com","first_name":"Lead 14","source":"organic","metadata":{"utm_source":"dump","n":14}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYPS35B80JJ6HAKY28TY', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPRHPA2AF2Y1Q0WR36', 'recorded', NULL, '{"email":"lead15@example.com","first_name":"Lead 15","source":"organic","metadata":{"utm_source":"dump","n":15}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYNJAKH9R5G3GVKJB3NC', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAP9979SVRQTJKP6WMC', 'recorded', NULL, '{"email":"lead13@example.com","first_name":"Lead 13","source":"organic","metadata":{"utm_source":"dump","n":13}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYPXDGX2S75NDDDT1EG9', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPKQE22EBNKZ33P8QN', 'recorded', NULL, '{"email":"lead16@example.com","first_name":"Lead 16","source":"organic","metadata":{"utm_source":"dump","n":16}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYQA25YDVE54KP6379EH', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAP7WYTFEKFWJYYB16T', 'recorded', NULL, '{"email":"lead17@example.com","first_name":"Lead 17","source":"organic","metadata":{"utm_source":"dump","n":17}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYQE5SDFS5BG2R45NKMZ', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPF1Q3Y74NDPBET16R', 'recorded', NULL, '{"email":"lead19@example.com","first_name":"Lead 19","source":"organic","metadata":{"utm_source":"dump","n":19}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYQB034EF0GGZJR0B276', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPYB8EB3VK3471654J', 'recorded', NULL, '{"email":"lead18@example.com","first_name":"Lead 18","source":"organic","metadata":{"utm_source":"dump","n":18}}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYVMFPD84W2B87DFG50E', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPR94W890STTT845T3', 'recorded', NULL, '{"email":"lead0@example.com","last_name":"Again","source":"organic"}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYVQD7N60P78YXDPCD7X', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAP4SRPV3N6T6T54SVG', 'recorded', NULL, '{"email":"lead1@example.com","last_name":"Again","source":"organic"}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYVX1WDSKTCJS27TBWQK', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAP0Q9MEQ79M58MSTZM', 'recorded', NULL, '{"email":"lead3@example.com","last_name":"Again","source":"organic"}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYVSAJ0PM0C5BSRKQD93', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPZNDH72MCFJ6AFR6B', 'recorded', NULL, '{"email":"lead2@example.com","last_name":"Again","source":"organic"}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYVZ6SX17MY18RW8WKPB', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPH05DDAH5TP02PV8M', 'recorded', NULL, '{"email":"lead4@example.com","last_name":"Again","source":"organic"}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYWEB0BNH4A024R3J722', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAP8J0V1C9MFTWE8176', 'quarantined', 'honeypot field _gotcha was filled', '{"email":"bot0@example.com","source":"organic"}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL),
	('cap_01M8FKCYWK7B971S2P12D9KZGK', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'cont_01M8FKCVAPCAHBGS6HFPZKZRBC', 'quarantined', 'honeypot field _gotcha was filled', '{"email":"bot1@example.com","source":"organic"}', false, '127.0.0.1', 'python-urllib3/2.8.0', NULL);
INSERT INTO public.contact_aliases VALUES
	('cont_01M8FKCVAPAZKB7BWYYC43AFB0', 'cont_01M8FKCVAPK0KS5SM833820Y4V');
INSERT INTO public.contacts VALUES
	('cont_01M8FKCVAPD5MJCDQ4SVCRYCTF', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead5@example.com', 'Lead 5', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 5, "utm_source": "dump"}', '2026-11-27 22:53:13.733+00', '2026-11-27 22:53:13.733+00', '2026-11-27 22:53:13.733+00', '2026-11-27 22:53:13.733+00', 1, 1, '{"source": "01M8FKCYM551DYEH9MV215NFZR", "first_name": "01M8FKCYM551DYEH9MV215NFZR", "metadata.n": "01M8FKCYM551DYEH9MV215NFZR", "metadata.utm_source": "01M8FKCYM551DYEH9MV215NFZR"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAPD6A9XA6GAKYFTKHD', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead9@example.com', 'Lead 9', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 9, "utm_source": "dump"}', '2026-11-27 22:53:13.764+00', '2026-11-27 22:53:13.764+00', '2026-11-27 22:53:13.764+00', '2026-11-27 22:53:13.764+00', 1, 1, '{"source": "01M8FKCYN4399N9T2NHSSJYYF5", "first_name": "01M8FKCYN4399N9T2NHSSJYYF5", "metadata.n": "01M8FKCYN4399N9T2NHSSJYYF5", "metadata.utm_source": "01M8FKCYN4399N9T2NHSSJYYF5"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAPFP9PDSW38MVT900R', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead8@example.com', 'Lead 8', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 8, "utm_source": "dump"}', '2026-11-27 22:53:13.76+00', '2026-11-27 22:53:13.76+00', '2026-11-27 22:53:13.76+00', '2026-11-27 22:53:13.76+00', 1, 1, '{"source": "01M8FKCYN0A89WSRDKWHA6P6QY", "first_name": "01M8FKCYN0A89WSRDKWHA6P6QY", "metadata.n": "01M8FKCYN0A89WSRDKWHA6P6QY", "metadata.utm_source": "01M8FKCYN0A89WSRDKWHA6P6QY"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAPQWZX57RTW6YS6CT9', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead6@example.com', 'Lead 6', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 6, "utm_source": "dump"}', '2026-11-27 22:53:13.736+00', '2026-11-27 22:53:13.736+00', '2026-11-27 22:53:13.736+00', '2026-11-27 22:53:13.736+00', 1, 1, '{"source": "01M8FKCYM8D4H60D2VYNBEBMWJ", "first_name": "01M8FKCYM8D4H60D2VYNBEBMWJ", "metadata.n": "01M8FKCYM8D4H60D2VYNBEBMWJ", "metadata.utm_source": "01M8FKCYM8D4H60D2VYNBEBMWJ"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAPY2WV5V66F2P8DA5N', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead7@example.com', 'Lead 7', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 7, "utm_source": "dump"}', '2026-11-27 22:53:13.746+00', '2026-11-27 22:53:13.746+00', '2026-11-27 22:53:13.746+00', '2026-11-27 22:53:13.746+00', 1, 1, '{"source": "01M8FKCYMJ059TRMMR69FEGV7V", "first_name": "01M8FKCYMJ059TRMMR69FEGV7V", "metadata.n": "01M8FKCYMJ059TRMMR69FEGV7V", "metadata.utm_source": "01M8FKCYMJ059TRMMR69FEGV7V"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAPQG5JEWZ6GA17GCP2', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead12@example.com', 'Lead 12', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 12, "utm_source": "dump"}', '2026-11-27 22:53:13.774+00', '2026-11-27 22:53:13.774+00', '2026-11-27 22:53:13.774+00', '2026-11-27 22:53:13.774+00', 1, 1, '{"source": "01M8FKCYNE8VFG9N9WEMA1BMQC", "first_name": "01M8FKCYNE8VFG9N9WEMA1BMQC", "metadata.n": "01M8FKCYNE8VFG9N9WEMA1BMQC", "metadata.utm_source": "01M8FKCYNE8VFG9N9WEMA1BMQC"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAPP64Z6CCFKP5ND3DH', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead14@example.com', 'Lead 14', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 14, "utm_source": "dump"}', '2026-11-27 22:53:13.797+00', '2026-11-27 22:53:13.797+00', '2026-11-27 22:53:13.797+00', '2026-11-27 22:53:13.797+00', 1, 1, '{"source": "01M8FKCYP5AHGW1F3PSFS0RD3C", "first_name": "01M8FKCYP5AHGW1F3PSFS0RD3C", "metadata.n": "01M8FKCYP5AHGW1F3PSFS0RD3C", "metadata.utm_source": "01M8FKCYP5AHGW1F3PSFS0RD3C"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAPRHPA2AF2Y1Q0WR36', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead15@example.com', 'Lead 15', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 15, "utm_source": "dump"}', '2026-11-27 22:53:13.817+00', '2026-11-27 22:53:13.817+00', '2026-11-27 22:53:13.817+00', '2026-11-27 22:53:13.817+00', 1, 1, '{"source": "01M8FKCYPS35B80JJ6HAKY28TY", "first_name": "01M8FKCYPS35B80JJ6HAKY28TY", "metadata.n": "01M8FKCYPS35B80JJ6HAKY28TY", "metadata.utm_source": "01M8FKCYPS35B80JJ6HAKY28TY"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAP9979SVRQTJKP6WMC', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead13@example.com', 'Lead 13', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 13, "utm_source": "dump"}', '2026-11-27 22:53:13.778+00', '2026-11-27 22:53:13.778+00', '2026-11-27 22:53:13.778+00', '2026-11-27 22:53:13.778+00', 1, 1, '{"source": "01M8FKCYNJAKH9R5G3GVKJB3NC", "first_name": "01M8FKCYNJAKH9R5G3GVKJB3NC", "metadata.n": "01M8FKCYNJAKH9R5G3GVKJB3NC", "metadata.utm_source": "01M8FKCYNJAKH9R5G3GVKJB3NC"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAPR94W890STTT845T3', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead0@example.com', 'Lead 0', 'Again', NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 0, "utm_source": "dump"}', '2026-11-27 22:53:13.706+00', '2026-11-27 22:53:13.972+00', '2026-11-27 22:53:13.706+00', '2026-11-27 22:53:13.972+00', 2, 2, '{"source": "01M8FKCYKA1XD2ZPY5WKWHK6BY", "last_name": "01M8FKCYVMFPD84W2B87DFG50E", "first_name": "01M8FKCYKA1XD2ZPY5WKWHK6BY", "metadata.n": "01M8FKCYKA1XD2ZPY5WKWHK6BY", "metadata.utm_source": "01M8FKCYKA1XD2ZPY5WKWHK6BY"}', NULL, NULL, NULL, 2),
	('cont_01M8FKCVAP4SRPV3N6T6T54SVG', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead1@example.com', 'Lead 1', 'Again', NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 1, "utm_source": "dump"}', '2026-11-27 22:53:13.712+00', '2026-11-27 22:53:13.975+00', '2026-11-27 22:53:13.712+00', '2026-11-27 22:53:13.975+00', 2, 2, '{"source": "01M8FKCYKG038KWYQ2TD9K677X", "last_name": "01M8FKCYVQD7N60P78YXDPCD7X", "first_name": "01M8FKCYKG038KWYQ2TD9K677X", "metadata.n": "01M8FKCYKG038KWYQ2TD9K677X", "metadata.utm_source": "01M8FKCYKG038KWYQ2TD9K677X"}', NULL, NULL, NULL, 2),
	('cont_01M8FKCVAP0Q9MEQ79M58MSTZM', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead3@example.com', 'Lead 3', 'Again', NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 3, "utm_source": "dump"}', '2026-11-27 22:53:13.727+00', '2026-11-27 22:53:13.981+00', '2026-11-27 22:53:13.727+00', '2026-11-27 22:53:13.981+00', 2, 2, '{"source": "01M8FKCYKZ6KXW1WRNFY76ADGB", "last_name": "01M8FKCYVX1WDSKTCJS27TBWQK", "first_name": "01M8FKCYKZ6KXW1WRNFY76ADGB", "metadata.n": "01M8FKCYKZ6KXW1WRNFY76ADGB", "metadata.utm_source": "01M8FKCYKZ6KXW1WRNFY76ADGB"}', NULL, NULL, NULL, 2),
	('cont_01M8FKCVAPZNDH72MCFJ6AFR6B', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead2@example.com', 'Lead 2', 'Again', NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 2, "utm_source": "dump"}', '2026-11-27 22:53:13.717+00', '2026-11-27 22:53:13.977+00', '2026-11-27 22:53:13.717+00', '2026-11-27 22:53:13.977+00', 2, 2, '{"source": "01M8FKCYKN74QAKKZV276SNQS1", "last_name": "01M8FKCYVSAJ0PM0C5BSRKQD93", "first_name": "01M8FKCYKN74QAKKZV276SNQS1", "metadata.n": "01M8FKCYKN74QAKKZV276SNQS1", "metadata.utm_source": "01M8FKCYKN74QAKKZV276SNQS1"}', NULL, NULL, NULL, 2),
	('cont_01M8FKCVAPH05DDAH5TP02PV8M', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead4@example.com', 'Lead 4', 'Again', NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 4, "utm_source": "dump"}', '2026-11-27 22:53:13.729+00', '2026-11-27 22:53:13.983+00', '2026-11-27 22:53:13.729+00', '2026-11-27 22:53:13.983+00', 2, 2, '{"source": "01M8FKCYM1CFN15BKFGVBCN6SA", "last_name": "01M8FKCYVZ6SX17MY18RW8WKPB", "first_name": "01M8FKCYM1CFN15BKFGVBCN6SA", "metadata.n": "01M8FKCYM1CFN15BKFGVBCN6SA", "metadata.utm_source": "01M8FKCYM1CFN15BKFGVBCN6SA"}', NULL, NULL, NULL, 2),
	('cont_01M8FKCVAPK0KS5SM833820Y4V', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'renamed@example.com', 'Lead 10', NULL, NULL, NULL, NULL, 'customer', 'organic', NULL, NULL, NULL, '{"n": 10, "utm_source": "dump"}', '2026-11-27 22:53:13.767+00', '2026-11-27 22:53:14.033+00', '2026-11-27 22:53:13.767+00', '2026-11-27 22:53:13.767+00', 1, 2, '{"source": "01M8FKCYN7EPCEMZRJ69YR8J0B", "first_name": "01M8FKCYN7EPCEMZRJ69YR8J0B", "metadata.n": "01M8FKCYN7EPCEMZRJ69YR8J0B", "metadata.utm_source": "01M8FKCYN7EPCEMZRJ69YR8J0B"}', '01M8FKCYXHE6HYWHG8V520913V', NULL, NULL, 2),
	('cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J', 'org_01M8FKCVAP64M9METB9RY5BCMZ', '', NULL, NULL, NULL, NULL, NULL, 'lead', 'other', NULL, NULL, NULL, '{}', '2026-11-27 22:53:14.051+00', '2026-11-27 22:53:14.051+00', NULL, NULL, 0, 2, '{}', NULL, '2026-11-27 22:53:14.051+00', NULL, 2),
	('cont_01M8FKCVAPKQE22EBNKZ33P8QN', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead16@example.com', 'Lead 16', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 16, "utm_source": "dump"}', '2026-11-27 22:53:13.821+00', '2026-11-27 22:53:13.821+00', '2026-11-27 22:53:13.821+00', '2026-11-27 22:53:13.821+00', 1, 1, '{"source": "01M8FKCYPXDGX2S75NDDDT1EG9", "first_name": "01M8FKCYPXDGX2S75NDDDT1EG9", "metadata.n": "01M8FKCYPXDGX2S75NDDDT1EG9", "metadata.utm_source": "01M8FKCYPXDGX2S75NDDDT1EG9"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAP7WYTFEKFWJYYB16T', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead17@example.com', 'Lead 17', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 17, "utm_source": "dump"}', '2026-11-27 22:53:13.834+00', '2026-11-27 22:53:13.834+00', '2026-11-27 22:53:13.834+00', '2026-11-27 22:53:13.834+00', 1, 1, '{"source": "01M8FKCYQA25YDVE54KP6379EH", "first_name": "01M8FKCYQA25YDVE54KP6379EH", "metadata.n": "01M8FKCYQA25YDVE54KP6379EH", "metadata.utm_source": "01M8FKCYQA25YDVE54KP6379EH"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAPF1Q3Y74NDPBET16R', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead19@example.com', 'Lead 19', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 19, "utm_source": "dump"}', '2026-11-27 22:53:13.838+00', '2026-11-27 22:53:13.838+00', '2026-11-27 22:53:13.838+00', '2026-11-27 22:53:13.838+00', 1, 1, '{"source": "01M8FKCYQE5SDFS5BG2R45NKMZ", "first_name": "01M8FKCYQE5SDFS5BG2R45NKMZ", "metadata.n": "01M8FKCYQE5SDFS5BG2R45NKMZ", "metadata.utm_source": "01M8FKCYQE5SDFS5BG2R45NKMZ"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAPYB8EB3VK3471654J', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'lead18@example.com', 'Lead 18', NULL, NULL, NULL, NULL, 'lead', 'organic', NULL, NULL, NULL, '{"n": 18, "utm_source": "dump"}', '2026-11-27 22:53:13.835+00', '2026-11-27 22:53:13.835+00', '2026-11-27 22:53:13.835+00', '2026-11-27 22:53:13.835+00', 1, 1, '{"source": "01M8FKCYQB034EF0GGZJR0B276", "first_name": "01M8FKCYQB034EF0GGZJR0B276", "metadata.n": "01M8FKCYQB034EF0GGZJR0B276", "metadata.utm_source": "01M8FKCYQB034EF0GGZJR0B276"}', NULL, NULL, NULL, 1),
	('cont_01M8FKCVAPAZKB7BWYYC43AFB0', 'org_01M8FKCVAP64M9METB9RY5BCMZ', '', NULL, NULL, NULL, NULL, NULL, 'lead', 'other', NULL, NULL, NULL, '{}', '2026-11-27 22:53:14.032+00', '2026-11-27 22:53:14.032+00', NULL, NULL, 0, 0, '{}', NULL, '2026-11-27 22:53:14.032+00', NULL, 1);
INSERT INTO public.deliveries VALUES
	('dlv_01M8FKCYMMBEPZHA8GMDACMQW8', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYMHDCP6S79GCDFVVV5A', 'contact.created', 'cont_01M8FKCVAP4SRPV3N6T6T54SVG', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.742611+00', NULL, NULL, NULL, '2026-11-27 22:53:13.742611+00', NULL, NULL),
	('dlv_01M8FKCYMS9VPJA67RYHRJ14FJ', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYMGDTH3YF647H6C220S', 'contact.created', 'cont_01M8FKCVAPR94W890STTT845T3', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.737994+00', NULL, NULL, NULL, '2026-11-27 22:53:13.737994+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9S', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYNV9KZFXQM46BW8T0CA', 'contact.created', 'cont_01M8FKCVAPZNDH72MCFJ6AFR6B', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9W', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYNV9KZFXQM46BW8T0CB', 'contact.created', 'cont_01M8FKCVAP0Q9MEQ79M58MSTZM', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9Z', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYNV9KZFXQM46BW8T0CC', 'contact.created', 'cont_01M8FKCVAPH05DDAH5TP02PV8M', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA2', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYNV9KZFXQM46BW8T0CD', 'contact.created', 'cont_01M8FKCVAPD5MJCDQ4SVCRYCTF', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA5', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYNV9KZFXQM46BW8T0CE', 'contact.created', 'cont_01M8FKCVAPQWZX57RTW6YS6CT9', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA8', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYNV9KZFXQM46BW8T0CF', 'contact.created', 'cont_01M8FKCVAPY2WV5V66F2P8DA5N', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAB', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYNV9KZFXQM46BW8T0CG', 'contact.created', 'cont_01M8FKCVAPFP9PDSW38MVT900R', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYMS9VPJA67RYHRJ14FH', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYMGDTH3YF647H6C220S', 'contact.created', 'cont_01M8FKCVAPR94W890STTT845T3', 1, 'pending', 1, 1, 0, '2026-11-27 23:03:23.021874+00', NULL, NULL, 'retry', '2026-11-27 22:53:13.737994+00', NULL, NULL),
	('dlv_01M8FKCYMMBEPZHA8GMDACMQW7', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYMHDCP6S79GCDFVVV5A', 'contact.created', 'cont_01M8FKCVAP4SRPV3N6T6T54SVG', 1, 'pending', 1, 1, 0, '2026-11-27 23:02:40.474457+00', NULL, NULL, 'retry', '2026-11-27 22:53:13.742611+00', NULL, NULL),
	('dlv_01M8FKCYMS9VPJA67RYHRJ14FG', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYMGDTH3YF647H6C220S', 'contact.created', 'cont_01M8FKCVAPR94W890STTT845T3', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.737994+00', NULL, '2026-11-27 22:53:13.889194+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9T', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYNV9KZFXQM46BW8T0CB', 'contact.created', 'cont_01M8FKCVAP0Q9MEQ79M58MSTZM', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.786591+00', NULL, '2026-11-27 22:53:13.889194+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9X', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYNV9KZFXQM46BW8T0CC', 'contact.created', 'cont_01M8FKCVAPH05DDAH5TP02PV8M', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.786591+00', NULL, '2026-11-27 22:53:13.894856+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA1', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYNV9KZFXQM46BW8T0CD', 'contact.created', 'cont_01M8FKCVAPD5MJCDQ4SVCRYCTF', 1, 'pending', 1, 1, 0, '2026-11-27 23:02:23.081596+00', NULL, NULL, 'retry', '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA4', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYNV9KZFXQM46BW8T0CE', 'contact.created', 'cont_01M8FKCVAPQWZX57RTW6YS6CT9', 1, 'pending', 1, 1, 0, '2026-11-27 23:02:53.876872+00', NULL, NULL, 'retry', '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9Y', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYNV9KZFXQM46BW8T0CC', 'contact.created', 'cont_01M8FKCVAPH05DDAH5TP02PV8M', 1, 'pending', 1, 1, 0, '2026-11-27 23:02:18.073735+00', NULL, NULL, 'retry', '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA0', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYNV9KZFXQM46BW8T0CD', 'contact.created', 'cont_01M8FKCVAPD5MJCDQ4SVCRYCTF', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.786591+00', NULL, '2026-11-27 22:53:13.900237+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAA', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYNV9KZFXQM46BW8T0CG', 'contact.created', 'cont_01M8FKCVAPFP9PDSW38MVT900R', 1, 'pending', 1, 1, 0, '2026-11-27 23:04:15.384749+00', NULL, NULL, 'retry', '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYMMBEPZHA8GMDACMQW6', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYMHDCP6S79GCDFVVV5A', 'contact.created', 'cont_01M8FKCVAP4SRPV3N6T6T54SVG', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.742611+00', NULL, '2026-11-27 22:53:13.908712+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9Q', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYNV9KZFXQM46BW8T0CA', 'contact.created', 'cont_01M8FKCVAPZNDH72MCFJ6AFR6B', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.786591+00', NULL, '2026-11-27 22:53:13.908712+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA7', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYNV9KZFXQM46BW8T0CF', 'contact.created', 'cont_01M8FKCVAPY2WV5V66F2P8DA5N', 1, 'pending', 1, 1, 0, '2026-11-27 23:04:44.892925+00', NULL, NULL, 'retry', '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAE', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYNV9KZFXQM46BW8T0CH', 'contact.created', 'cont_01M8FKCVAPD6A9XA6GAKYFTKHD', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAG', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYNV9KZFXQM46BW8T0CJ', 'contact.created', 'cont_01M8FKCVAPK0KS5SM833820Y4V', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAH', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYNV9KZFXQM46BW8T0CJ', 'contact.created', 'cont_01M8FKCVAPK0KS5SM833820Y4V', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAK', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYNV9KZFXQM46BW8T0CK', 'contact.created', 'cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAM', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYNV9KZFXQM46BW8T0CK', 'contact.created', 'cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.786591+00', NULL, NULL, NULL, '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYPT9DT5VXKWA9S06QF5', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYPSE04556069CQ3P3W9', 'contact.created', 'cont_01M8FKCVAPQG5JEWZ6GA17GCP2', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.816368+00', NULL, NULL, NULL, '2026-11-27 22:53:13.816368+00', NULL, NULL),
	('dlv_01M8FKCYPT9DT5VXKWA9S06QF6', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYPSE04556069CQ3P3W9', 'contact.created', 'cont_01M8FKCVAPQG5JEWZ6GA17GCP2', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.816368+00', NULL, NULL, NULL, '2026-11-27 22:53:13.816368+00', NULL, NULL),
	('dlv_01M8FKCYQF1TP8YX95PC0F1Z1A', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYQD0KE60PTPRQ8ATHE7', 'contact.created', 'cont_01M8FKCVAPP64Z6CCFKP5ND3DH', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.837388+00', NULL, NULL, NULL, '2026-11-27 22:53:13.837388+00', NULL, NULL),
	('dlv_01M8FKCYQF1TP8YX95PC0F1Z1B', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYQD0KE60PTPRQ8ATHE7', 'contact.created', 'cont_01M8FKCVAPP64Z6CCFKP5ND3DH', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.837388+00', NULL, NULL, NULL, '2026-11-27 22:53:13.837388+00', NULL, NULL),
	('dlv_01M8FKCYQF1TP8YX95PC0F1Z1D', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYQE42WKVHAX1QYBQWNY', 'contact.created', 'cont_01M8FKCVAPRHPA2AF2Y1Q0WR36', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.837388+00', NULL, NULL, NULL, '2026-11-27 22:53:13.837388+00', NULL, NULL),
	('dlv_01M8FKCYQF1TP8YX95PC0F1Z1E', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYQE42WKVHAX1QYBQWNY', 'contact.created', 'cont_01M8FKCVAPRHPA2AF2Y1Q0WR36', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.837388+00', NULL, NULL, NULL, '2026-11-27 22:53:13.837388+00', NULL, NULL),
	('dlv_01M8FKCYR8FKZ173W1HDXZWHHH', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYR74WYMVM2M525Q196X', 'contact.created', 'cont_01M8FKCVAP7WYTFEKFWJYYB16T', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.862686+00', NULL, NULL, NULL, '2026-11-27 22:53:13.862686+00', NULL, NULL),
	('dlv_01M8FKCYR8FKZ173W1HDXZWHHJ', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYR74WYMVM2M525Q196X', 'contact.created', 'cont_01M8FKCVAP7WYTFEKFWJYYB16T', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.862686+00', NULL, NULL, NULL, '2026-11-27 22:53:13.862686+00', NULL, NULL),
	('dlv_01M8FKCYR8FKZ173W1HDXZWHHM', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYR74WYMVM2M525Q196Y', 'contact.created', 'cont_01M8FKCVAPF1Q3Y74NDPBET16R', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.862686+00', NULL, NULL, NULL, '2026-11-27 22:53:13.862686+00', NULL, NULL),
	('dlv_01M8FKCYR8FKZ173W1HDXZWHHN', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYR74WYMVM2M525Q196Y', 'contact.created', 'cont_01M8FKCVAPF1Q3Y74NDPBET16R', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.862686+00', NULL, NULL, NULL, '2026-11-27 22:53:13.862686+00', NULL, NULL),
	('dlv_01M8FKCYS0FABFD8PF6XS24XDC', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYRZ97WJ4TF815X7CKC5', 'contact.created', 'cont_01M8FKCVAPYB8EB3VK3471654J', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.887521+00', NULL, NULL, NULL, '2026-11-27 22:53:13.887521+00', NULL, NULL),
	('dlv_01M8FKCYS0FABFD8PF6XS24XDD', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYRZ97WJ4TF815X7CKC5', 'contact.created', 'cont_01M8FKCVAPYB8EB3VK3471654J', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.887521+00', NULL, NULL, NULL, '2026-11-27 22:53:13.887521+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAC', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYNV9KZFXQM46BW8T0CH', 'contact.created', 'cont_01M8FKCVAPD6A9XA6GAKYFTKHD', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.786591+00', NULL, '2026-11-27 22:53:13.900237+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAF', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYNV9KZFXQM46BW8T0CJ', 'contact.created', 'cont_01M8FKCVAPK0KS5SM833820Y4V', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.786591+00', NULL, '2026-11-27 22:53:13.900237+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAJ', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYNV9KZFXQM46BW8T0CK', 'contact.created', 'cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.786591+00', NULL, '2026-11-27 22:53:13.900237+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JAD', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYNV9KZFXQM46BW8T0CH', 'contact.created', 'cont_01M8FKCVAPD6A9XA6GAKYFTKHD', 1, 'pending', 1, 1, 0, '2026-11-27 23:01:36.836405+00', NULL, NULL, 'retry', '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYPT9DT5VXKWA9S06QF4', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYPSE04556069CQ3P3W9', 'contact.created', 'cont_01M8FKCVAPQG5JEWZ6GA17GCP2', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.816368+00', NULL, '2026-11-27 22:53:13.903085+00'),
	('dlv_01M8FKCYQF1TP8YX95PC0F1Z19', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYQD0KE60PTPRQ8ATHE7', 'contact.created', 'cont_01M8FKCVAPP64Z6CCFKP5ND3DH', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.837388+00', NULL, '2026-11-27 22:53:13.908712+00'),
	('dlv_01M8FKCYQK82060Y7C1ZXPJXHV', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYQHBV3J07E2PDG9T263', 'contact.created', 'cont_01M8FKCVAP9979SVRQTJKP6WMC', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.840895+00', NULL, NULL, NULL, '2026-11-27 22:53:13.840895+00', NULL, NULL),
	('dlv_01M8FKCYQK82060Y7C1ZXPJXHW', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYQHBV3J07E2PDG9T263', 'contact.created', 'cont_01M8FKCVAP9979SVRQTJKP6WMC', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.840895+00', NULL, NULL, NULL, '2026-11-27 22:53:13.840895+00', NULL, NULL),
	('dlv_01M8FKCYQK82060Y7C1ZXPJXHY', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYQHBV3J07E2PDG9T264', 'contact.created', 'cont_01M8FKCVAPKQE22EBNKZ33P8QN', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.840895+00', NULL, NULL, NULL, '2026-11-27 22:53:13.840895+00', NULL, NULL),
	('dlv_01M8FKCYQK82060Y7C1ZXPJXHZ', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYQHBV3J07E2PDG9T264', 'contact.created', 'cont_01M8FKCVAPKQE22EBNKZ33P8QN', 1, 'pending', 0, 0, 0, '2026-11-27 22:53:13.840895+00', NULL, NULL, NULL, '2026-11-27 22:53:13.840895+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA3', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYNV9KZFXQM46BW8T0CE', 'contact.created', 'cont_01M8FKCVAPQWZX57RTW6YS6CT9', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.786591+00', NULL, '2026-11-27 22:53:13.900237+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA6', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYNV9KZFXQM46BW8T0CF', 'contact.created', 'cont_01M8FKCVAPY2WV5V66F2P8DA5N', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.786591+00', NULL, '2026-11-27 22:53:13.900237+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0JA9', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYNV9KZFXQM46BW8T0CG', 'contact.created', 'cont_01M8FKCVAPFP9PDSW38MVT900R', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.786591+00', NULL, '2026-11-27 22:53:13.900237+00'),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9R', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYNV9KZFXQM46BW8T0CA', 'contact.created', 'cont_01M8FKCVAPZNDH72MCFJ6AFR6B', 1, 'pending', 1, 1, 0, '2026-11-27 23:02:55.633273+00', NULL, NULL, 'retry', '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYNX5064MKXSEF7Y0J9V', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYNV9KZFXQM46BW8T0CB', 'contact.created', 'cont_01M8FKCVAP0Q9MEQ79M58MSTZM', 1, 'pending', 1, 1, 0, '2026-11-27 23:03:14.128783+00', NULL, NULL, 'retry', '2026-11-27 22:53:13.786591+00', NULL, NULL),
	('dlv_01M8FKCYQF1TP8YX95PC0F1Z1C', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYQE42WKVHAX1QYBQWNY', 'contact.created', 'cont_01M8FKCVAPRHPA2AF2Y1Q0WR36', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.837388+00', NULL, '2026-11-27 22:53:13.908712+00'),
	('dlv_01M8FKCYQK82060Y7C1ZXPJXHT', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYQHBV3J07E2PDG9T263', 'contact.created', 'cont_01M8FKCVAP9979SVRQTJKP6WMC', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.840895+00', NULL, '2026-11-27 22:53:13.908712+00'),
	('dlv_01M8FKCYQK82060Y7C1ZXPJXHX', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYQHBV3J07E2PDG9T264', 'contact.created', 'cont_01M8FKCVAPKQE22EBNKZ33P8QN', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.840895+00', NULL, '2026-11-27 22:53:13.908712+00'),
	('dlv_01M8FKCYR8FKZ173W1HDXZWHHG', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYR74WYMVM2M525Q196X', 'contact.created', 'cont_01M8FKCVAP7WYTFEKFWJYYB16T', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.862686+00', NULL, '2026-11-27 22:53:13.908712+00'),
	('dlv_01M8FKCYR8FKZ173W1HDXZWHHK', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYR74WYMVM2M525Q196Y', 'contact.created', 'cont_01M8FKCVAPF1Q3Y74NDPBET16R', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.862686+00', NULL, '2026-11-27 22:53:13.908712+00'),
	('dlv_01M8FKCYS0FABFD8PF6XS24XDB', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYRZ97WJ4TF815X7CKC5', 'contact.created', 'cont_01M8FKCVAPYB8EB3VK3471654J', 1, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.887521+00', NULL, '2026-11-27 22:53:13.908712+00'),
	('dlv_01M8FKCYVWDVGBHPBW36MXR15S', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYVT5B0QHFHBBGP7GBCK', 'contact.updated', 'cont_01M8FKCVAP4SRPV3N6T6T54SVG', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:13.978086+00', NULL, NULL, NULL, '2026-11-27 22:53:13.978086+00', NULL, NULL),
	('dlv_01M8FKCYVWDVGBHPBW36MXR15T', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYVT5B0QHFHBBGP7GBCK', 'contact.updated', 'cont_01M8FKCVAP4SRPV3N6T6T54SVG', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:13.978086+00', NULL, NULL, NULL, '2026-11-27 22:53:13.978086+00', NULL, NULL),
	('dlv_01M8FKCYW352B9TFYWYESAKK31', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYW352B9TFYWYESAKK2Z', 'contact.updated', 'cont_01M8FKCVAP0Q9MEQ79M58MSTZM', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:13.986714+00', NULL, NULL, NULL, '2026-11-27 22:53:13.986714+00', NULL, NULL),
	('dlv_01M8FKCYW352B9TFYWYESAKK32', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYW352B9TFYWYESAKK2Z', 'contact.updated', 'cont_01M8FKCVAP0Q9MEQ79M58MSTZM', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:13.986714+00', NULL, NULL, NULL, '2026-11-27 22:53:13.986714+00', NULL, NULL),
	('dlv_01M8FKCYVWDVGBHPBW36MXR15R', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYVT5B0QHFHBBGP7GBCK', 'contact.updated', 'cont_01M8FKCVAP4SRPV3N6T6T54SVG', 2, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.978086+00', NULL, '2026-11-27 22:53:14.031404+00'),
	('dlv_01M8FKCYW352B9TFYWYESAKK30', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYW352B9TFYWYESAKK2Z', 'contact.updated', 'cont_01M8FKCVAP0Q9MEQ79M58MSTZM', 2, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.986714+00', NULL, '2026-11-27 22:53:14.043566+00'),
	('dlv_01M8FKCYVVBBRVPJWR5WE9C3P0', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYVR8KRCZ6HJS6VK9KMA', 'contact.updated', 'cont_01M8FKCVAPR94W890STTT845T3', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:13.975656+00', NULL, NULL, NULL, '2026-11-27 22:53:13.975656+00', NULL, NULL),
	('dlv_01M8FKCYVVBBRVPJWR5WE9C3P1', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYVR8KRCZ6HJS6VK9KMA', 'contact.updated', 'cont_01M8FKCVAPR94W890STTT845T3', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:13.975656+00', NULL, NULL, NULL, '2026-11-27 22:53:13.975656+00', NULL, NULL),
	('dlv_01M8FKCYW8DFXBQ1EM0KRC9Z7P', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYW47JWEDJYBCNSBXJY8', 'contact.updated', 'cont_01M8FKCVAPZNDH72MCFJ6AFR6B', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:13.988058+00', NULL, NULL, NULL, '2026-11-27 22:53:13.988058+00', NULL, NULL),
	('dlv_01M8FKCYW8DFXBQ1EM0KRC9Z7Q', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYW47JWEDJYBCNSBXJY8', 'contact.updated', 'cont_01M8FKCVAPZNDH72MCFJ6AFR6B', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:13.988058+00', NULL, NULL, NULL, '2026-11-27 22:53:13.988058+00', NULL, NULL),
	('dlv_01M8FKCYWKEWZFM6W4RTAXB119', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYWG1RZA967SRZK9ZQ5R', 'contact.updated', 'cont_01M8FKCVAPH05DDAH5TP02PV8M', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:13.99982+00', NULL, NULL, NULL, '2026-11-27 22:53:13.99982+00', NULL, NULL),
	('dlv_01M8FKCYWKEWZFM6W4RTAXB11A', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYWG1RZA967SRZK9ZQ5R', 'contact.updated', 'cont_01M8FKCVAPH05DDAH5TP02PV8M', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:13.99982+00', NULL, NULL, NULL, '2026-11-27 22:53:13.99982+00', NULL, NULL),
	('dlv_01M8FKCYVVBBRVPJWR5WE9C3NZ', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYVR8KRCZ6HJS6VK9KMA', 'contact.updated', 'cont_01M8FKCVAPR94W890STTT845T3', 2, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.975656+00', NULL, '2026-11-27 22:53:14.022933+00'),
	('dlv_01M8FKCYXJ15N5AJCV3Y07C1P0', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYXHE6HYWHG8V520913W', 'contact.updated', 'cont_01M8FKCVAPK0KS5SM833820Y4V', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:14.031323+00', NULL, NULL, NULL, '2026-11-27 22:53:14.031323+00', NULL, NULL),
	('dlv_01M8FKCYXJ15N5AJCV3Y07C1P1', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYXHE6HYWHG8V520913W', 'contact.updated', 'cont_01M8FKCVAPK0KS5SM833820Y4V', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:14.031323+00', NULL, NULL, NULL, '2026-11-27 22:53:14.031323+00', NULL, NULL),
	('dlv_01M8FKCYW8DFXBQ1EM0KRC9Z7N', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYW47JWEDJYBCNSBXJY8', 'contact.updated', 'cont_01M8FKCVAPZNDH72MCFJ6AFR6B', 2, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.988058+00', NULL, '2026-11-27 22:53:14.043566+00'),
	('dlv_01M8FKCYWKEWZFM6W4RTAXB118', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYWG1RZA967SRZK9ZQ5R', 'contact.updated', 'cont_01M8FKCVAPH05DDAH5TP02PV8M', 2, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:13.99982+00', NULL, '2026-11-27 22:53:14.043566+00'),
	('dlv_01M8FKCYXJ15N5AJCV3Y07C1NZ', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYXHE6HYWHG8V520913W', 'contact.updated', 'cont_01M8FKCVAPK0KS5SM833820Y4V', 2, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:14.031323+00', NULL, '2026-11-27 22:53:14.047891+00'),
	('dlv_01M8FKCYY42QKJCMZ9CRE0NHER', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'evt_01M8FKCYY33RQWGTD461N93T9S', 'contact.deleted', 'cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:14.051394+00', NULL, NULL, NULL, '2026-11-27 22:53:14.051394+00', NULL, NULL),
	('dlv_01M8FKCYY42QKJCMZ9CRE0NHES', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'evt_01M8FKCYY33RQWGTD461N93T9S', 'contact.deleted', 'cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J', 2, 'pending', 0, 0, 0, '2026-11-27 22:53:14.051394+00', NULL, NULL, NULL, '2026-11-27 22:53:14.051394+00', NULL, NULL),
	('dlv_01M8FKCYY42QKJCMZ9CRE0NHEQ', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'whk_01M8FKCYHEA2W6DM9M4761WSYT', 'evt_01M8FKCYY33RQWGTD461N93T9S', 'contact.deleted', 'cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J', 2, 'succeeded', 1, 0, 0, NULL, NULL, NULL, 'succeeded', '2026-11-27 22:53:14.051394+00', NULL, '2026-11-27 22:53:14.082631+00');
INSERT INTO public.directory VALUES
	(3);
INSERT INTO public.events OVERRIDING SYSTEM VALUE VALUES
	('evt_01M8FKCYMHDCP6S79GCDFVVV5A', 1, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAP4SRPV3N6T6T54SVG', 1, '2026-11-27 22:53:13.742+00', '{"id":"cont_01M8FKCVAP4SRPV3N6T6T54SVG","email":"lead1@example.com","first_name":"Lead 1","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":1},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAP4SRPV3N6T6T54SVG","changes":[],"sequence":1}'),
	('evt_01M8FKCYMGDTH3YF647H6C220S', 2, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPR94W890STTT845T3', 1, '2026-11-27 22:53:13.734+00', '{"id":"cont_01M8FKCVAPR94W890STTT845T3","email":"lead0@example.com","first_name":"Lead 0","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":0},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPR94W890STTT845T3","changes":[],"sequence":1}'),
	('evt_01M8FKCYNV9KZFXQM46BW8T0CA', 3, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPZNDH72MCFJ6AFR6B', 1, '2026-11-27 22:53:13.786+00', '{"id":"cont_01M8FKCVAPZNDH72MCFJ6AFR6B","email":"lead2@example.com","first_name":"Lead 2","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":2},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPZNDH72MCFJ6AFR6B","changes":[],"sequence":1}'),
	('evt_01M8FKCYNV9KZFXQM46BW8T0CB', 4, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAP0Q9MEQ79M58MSTZM', 1, '2026-11-27 22:53:13.786+00', '{"id":"cont_01M8FKCVAP0Q9MEQ79M58MSTZM","email":"lead3@example.com","first_name":"Lead 3","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":3},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAP0Q9MEQ79M58MSTZM","changes":[],"sequence":1}'),
	('evt_01M8FKCYNV9KZFXQM46BW8T0CC', 5, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPH05DDAH5TP02PV8M', 1, '2026-11-27 22:53:13.786+00', '{"id":"cont_01M8FKCVAPH05DDAH5TP02PV8M","email":"lead4@example.com","first_name":"Lead 4","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":4},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPH05DDAH5TP02PV8M","changes":[],"sequence":1}'),
	('evt_01M8FKCYNV9KZFXQM46BW8T0CD', 6, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPD5MJCDQ4SVCRYCTF', 1, '2026-11-27 22:53:13.786+00', '{"id":"cont_01M8FKCVAPD5MJCDQ4SVCRYCTF","email":"lead5@example.com","first_name":"Lead 5","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":5},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPD5MJCDQ4SVCRYCTF","changes":[],"sequence":1}'),
	('evt_01M8FKCYNV9KZFXQM46BW8T0CE', 7, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPQWZX57RTW6YS6CT9', 1, '2026-11-27 22:53:13.786+00', '{"id":"cont_01M8FKCVAPQWZX57RTW6YS6CT9","email":"lead6@example.com","first_name":"Lead 6","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":6},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPQWZX57RTW6YS6CT9","changes":[],"sequence":1}'),
	('evt_01M8FKCYNV9KZFXQM46BW8T0CF', 8, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPY2WV5V66F2P8DA5N', 1, '2026-11-27 22:53:13.786+00', '{"id":"cont_01M8FKCVAPY2WV5V66F2P8DA5N","email":"lead7@example.com","first_name":"Lead 7","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":7},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPY2WV5V66F2P8DA5N","changes":[],"sequence":1}'),
	('evt_01M8FKCYNV9KZFXQM46BW8T0CG', 9, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPFP9PDSW38MVT900R', 1, '2026-11-27 22:53:13.786+00', '{"id":"cont_01M8FKCVAPFP9PDSW38MVT900R","email":"lead8@example.com","first_name":"Lead 8","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":8},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPFP9PDSW38MVT900R","changes":[],"sequence":1}'),
	('evt_01M8FKCYNV9KZFXQM46BW8T0CH', 10, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPD6A9XA6GAKYFTKHD', 1, '2026-11-27 22:53:13.786+00', '{"id":"cont_01M8FKCVAPD6A9XA6GAKYFTKHD","email":"lead9@example.com","first_name":"Lead 9","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":9},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPD6A9XA6GAKYFTKHD","changes":[],"sequence":1}'),
	('evt_01M8FKCYNV9KZFXQM46BW8T0CJ', 11, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPK0KS5SM833820Y4V', 1, '2026-11-27 22:53:13.786+00', '{"id":"cont_01M8FKCVAPK0KS5SM833820Y4V","email":"lead10@example.com","first_name":"Lead 10","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":10},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPK0KS5SM833820Y4V","changes":[],"sequence":1}'),
	('evt_01M8FKCYNV9KZFXQM46BW8T0CK', 12, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J', 1, '2026-11-27 22:53:13.786+00', '{"id":"cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J","email":"lead11@example.com","first_name":"Lead 11","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":11},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J","changes":[],"sequence":1}'),
	('evt_01M8FKCYPSE04556069CQ3P3W9', 13, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPQG5JEWZ6GA17GCP2', 1, '2026-11-27 22:53:13.815+00', '{"id":"cont_01M8FKCVAPQG5JEWZ6GA17GCP2","email":"lead12@example.com","first_name":"Lead 12","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":12},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPQG5JEWZ6GA17GCP2","changes":[],"sequence":1}'),
	('evt_01M8FKCYQD0KE60PTPRQ8ATHE7', 14, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPP64Z6CCFKP5ND3DH', 1, '2026-11-27 22:53:13.837+00', '{"id":"cont_01M8FKCVAPP64Z6CCFKP5ND3DH","email":"lead14@example.com","first_name":"Lead 14","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":14},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPP64Z6CCFKP5ND3DH","changes":[],"sequence":1}'),
	('evt_01M8FKCYQE42WKVHAX1QYBQWNY', 15, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPRHPA2AF2Y1Q0WR36', 1, '2026-11-27 22:53:13.837+00', '{"id":"cont_01M8FKCVAPRHPA2AF2Y1Q0WR36","email":"lead15@example.com","first_name":"Lead 15","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":15},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPRHPA2AF2Y1Q0WR36","changes":[],"sequence":1}'),
	('evt_01M8FKCYR74WYMVM2M525Q196X', 18, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAP7WYTFEKFWJYYB16T', 1, '2026-11-27 22:53:13.862+00', '{"id":"cont_01M8FKCVAP7WYTFEKFWJYYB16T","email":"lead17@example.com","first_name":"Lead 17","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":17},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAP7WYTFEKFWJYYB16T","changes":[],"sequence":1}'),
	('evt_01M8FKCYR74WYMVM2M525Q196Y', 19, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPF1Q3Y74NDPBET16R', 1, '2026-11-27 22:53:13.862+00', '{"id":"cont_01M8FKCVAPF1Q3Y74NDPBET16R","email":"lead19@example.com","first_name":"Lead 19","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":19},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPF1Q3Y74NDPBET16R","changes":[],"sequence":1}'),
	('evt_01M8FKCYRZ97WJ4TF815X7CKC5', 20, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPYB8EB3VK3471654J', 1, '2026-11-27 22:53:13.887+00', '{"id":"cont_01M8FKCVAPYB8EB3VK3471654J","email":"lead18@example.com","first_name":"Lead 18","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":18},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPYB8EB3VK3471654J","changes":[],"sequence":1}'),
	('evt_01M8FKCYVR8KRCZ6HJS6VK9KMA', 21, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.updated', 'cont_01M8FKCVAPR94W890STTT845T3', 2, '2026-11-27 22:53:13.975+00', '{"id":"cont_01M8FKCVAPR94W890STTT845T3","email":"lead0@example.com","first_name":"Lead 0","last_name":"Again","phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"n":0,"utm_source":"dump"},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":2,"contact_id":"cont_01M8FKCVAPR94W890STTT845T3","changes":["last_name"],"sequence":2}'),
	('evt_01M8FKCYW47JWEDJYBCNSBXJY8', 24, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.updated', 'cont_01M8FKCVAPZNDH72MCFJ6AFR6B', 2, '2026-11-27 22:53:13.986+00', '{"id":"cont_01M8FKCVAPZNDH72MCFJ6AFR6B","email":"lead2@example.com","first_name":"Lead 2","last_name":"Again","phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"n":2,"utm_source":"dump"},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":2,"contact_id":"cont_01M8FKCVAPZNDH72MCFJ6AFR6B","changes":["last_name"],"sequence":2}'),
	('evt_01M8FKCYWG1RZA967SRZK9ZQ5R', 25, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.updated', 'cont_01M8FKCVAPH05DDAH5TP02PV8M', 2, '2026-11-27 22:53:13.999+00', '{"id":"cont_01M8FKCVAPH05DDAH5TP02PV8M","email":"lead4@example.com","first_name":"Lead 4","last_name":"Again","phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"n":4,"utm_source":"dump"},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":2,"contact_id":"cont_01M8FKCVAPH05DDAH5TP02PV8M","changes":["last_name"],"sequence":2}'),
	('evt_01M8FKCYQHBV3J07E2PDG9T263', 16, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAP9979SVRQTJKP6WMC', 1, '2026-11-27 22:53:13.839+00', '{"id":"cont_01M8FKCVAP9979SVRQTJKP6WMC","email":"lead13@example.com","first_name":"Lead 13","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":13},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAP9979SVRQTJKP6WMC","changes":[],"sequence":1}'),
	('evt_01M8FKCYQHBV3J07E2PDG9T264', 17, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.created', 'cont_01M8FKCVAPKQE22EBNKZ33P8QN', 1, '2026-11-27 22:53:13.839+00', '{"id":"cont_01M8FKCVAPKQE22EBNKZ33P8QN","email":"lead16@example.com","first_name":"Lead 16","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"utm_source":"dump","n":16},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPKQE22EBNKZ33P8QN","changes":[],"sequence":1}'),
	('evt_01M8FKCYVT5B0QHFHBBGP7GBCK', 22, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.updated', 'cont_01M8FKCVAP4SRPV3N6T6T54SVG', 2, '2026-11-27 22:53:13.978+00', '{"id":"cont_01M8FKCVAP4SRPV3N6T6T54SVG","email":"lead1@example.com","first_name":"Lead 1","last_name":"Again","phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"n":1,"utm_source":"dump"},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":2,"contact_id":"cont_01M8FKCVAP4SRPV3N6T6T54SVG","changes":["last_name"],"sequence":2}'),
	('evt_01M8FKCYW352B9TFYWYESAKK2Z', 23, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.updated', 'cont_01M8FKCVAP0Q9MEQ79M58MSTZM', 2, '2026-11-27 22:53:13.986+00', '{"id":"cont_01M8FKCVAP0Q9MEQ79M58MSTZM","email":"lead3@example.com","first_name":"Lead 3","last_name":"Again","phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"n":3,"utm_source":"dump"},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":2,"contact_id":"cont_01M8FKCVAP0Q9MEQ79M58MSTZM","changes":["last_name"],"sequence":2}'),
	('evt_01M8FKCYXHE6HYWHG8V520913W', 26, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.updated', 'cont_01M8FKCVAPK0KS5SM833820Y4V', 2, '2026-11-27 22:53:14.033+00', '{"id":"cont_01M8FKCVAPK0KS5SM833820Y4V","email":"renamed@example.com","first_name":"Lead 10","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"customer","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"n":10,"utm_source":"dump"},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:14Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPK0KS5SM833820Y4V","changes":["stage","email"],"sequence":2}'),
	('evt_01M8FKCYY33RQWGTD461N93T9S', 27, NULL, 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'contact.deleted', 'cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J', 2, '2026-11-27 22:53:14.051+00', '{"id":"cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J","email":"lead11@example.com","first_name":"Lead 11","last_name":null,"phone":null,"title":null,"linkedin_url":null,"stage":"lead","source":"organic","source_detail":null,"company_id":null,"owner_id":null,"metadata":{"n":11,"utm_source":"dump"},"created_at":"2026-11-27T22:53:13Z","updated_at":"2026-11-27T22:53:13Z","first_captured_at":"2026-11-27T22:53:13Z","last_captured_at":"2026-11-27T22:53:13Z","captures_count":1,"contact_id":"cont_01M8FKCVAPMPAJ0ZX4WJRCKK7J","changes":[],"sequence":2}');
INSERT INTO public.inbox OVERRIDING SYSTEM VALUE VALUES
	(1, '[{"id":"cap_01M8FKCZ2R7C1GBA2RG5721ZW8","org_id":"org_01M8FKCVAP64M9METB9RY5BCMZ","contact_id":"cont_01M8FKCVAP8J93C01NDF6B0RF2","email":"waiting0@example.com","source":"organic","client_address":"127.0.0.1","user_agent":"python-urllib3/2.8.0"}]', '2026-11-27 22:53:14.202635+00'),
	(2, '[{"id":"cap_01M8FKCZ2XAJHC3FZSEQ3WPV2G","org_id":"org_01M8FKCVAP64M9METB9RY5BCMZ","contact_id":"cont_01M8FKCVAP2HFZB9HRK6733DJW","email":"waiting1@example.com","source":"organic","client_address":"127.0.0.1","user_agent":"python-urllib3/2.8.0"}]', '2026-11-27 22:53:14.206484+00'),
	(3, '[{"id":"cap_01M8FKCZ304KM9SZGQ94WKFH62","org_id":"org_01M8FKCVAP64M9METB9RY5BCMZ","contact_id":"cont_01M8FKCVAPV67XS7WPR00VQPQX","email":"waiting2@example.com","source":"organic","client_address":"127.0.0.1","user_agent":"python-urllib3/2.8.0"}]', '2026-11-27 22:53:14.20908+00');
INSERT INTO public.orgs VALUES
	('org_01M8FKCVAP64M9METB9RY5BCMZ', 'acme', '2026-11-27 22:53:10.358+00', '\x839f7ae824c6dffda3315abe13a97dd4392475d4d4eac2c74af0ec69c1d98b54', '{"min_fill_ms": 0, "allowed_origins": [], "redirect_targets": [], "capture_rate_per_email": null, "capture_rate_per_address": null}', '2026-11-27 22:53:10.356025+00');
INSERT INTO public.schema_migration VALUES
	(1, '0001_initial', '2026-11-27 22:53:10.346456');
INSERT INTO public.webhook_health VALUES
	('whk_01M8FKCYJGCEYBHG05GTEFTYXB', 0, 0, NULL, NULL, NULL, NULL, false, '2026-11-27 22:53:13.682094+00', NULL),
	('whk_01M8FKCYHEA2W6DM9M4761WSYT', 0, 0, NULL, NULL, NULL, NULL, false, '2026-11-27 22:53:13.648698+00', '2026-11-27 22:53:13.889335+00'),
	('whk_01M8FKCYHV2SVAPND0HSVGXA0X', 5, 0, 1, '2026-11-27 22:57:48.302851+00', NULL, NULL, false, '2026-11-27 22:53:13.660432+00', NULL);
INSERT INTO public.webhooks VALUES
	('whk_01M8FKCYHEA2W6DM9M4761WSYT', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'good', 'http://127.0.0.1:36699/webhook', '{*}', '\x674141414141427243676e5a62656341524b73317678717678487536314a704a766749394e476373734730743642593935467545674d587a6f7a546c2d58792d626e7a756845587a64416b3552396c466656305841315171616d495839656530784770435741506e54356e6b54713977316f68764663343d', NULL, NULL, '{"X-Token": "token of good"}', '{}', NULL, false, 'active', NULL, '2026-11-27 22:53:13.646+00', '2026-11-27 22:53:13.646+00'),
	('whk_01M8FKCYHV2SVAPND0HSVGXA0X', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'away', 'http://127.0.0.1:9/hook', '{*}', '\x674141414141427243676e5a356746545262694d77644c794634766643764535746c54734e42526a4d533270644775774c32414f34434447392d4e392d674e6944473733423762733664324b7379746a682d7a5445393531433131484251317470534337333648466175437375392d5f325343385044303d', NULL, NULL, '{"X-Token": "token of away"}', '{}', NULL, false, 'active', NULL, '2026-11-27 22:53:13.659+00', '2026-11-27 22:53:13.659+00'),
	('whk_01M8FKCYJGCEYBHG05GTEFTYXB', 'org_01M8FKCVAP64M9METB9RY5BCMZ', 'paused', 'http://127.0.0.1:36699/webhook', '{*}', '\x674141414141427243676e5a343655675f5953486c3536546937725136526f376e677841314161574e764a496f4e366e44317a71424263594c4675446539327268676f564e3469324b4e494e4336774e357a4d4352325833664f30635a6b37394f6e7a375630334e6d6244305f6f70327273736539424439696b66684c61506575444d50616371735873396a', NULL, NULL, '{"X-Token": "token of paused"}', '{}', NULL, false, 'paused', NULL, '2026-11-27 22:53:13.68+00', '2026-11-27 22:53:13.693+00');
SELECT pg_catalog.setval('public.event_positions', 1, false);
SELECT pg_catalog.setval('public.events_number_seq', 27, true);
SELECT pg_catalog.setval('public.inbox_id_seq', 3, true);
SELECT pg_catalog.setval('public.leases', 37, true);
SELECT pg_catalog.setval('public.schema_migration_id_seq', 1, true);
SELECT pg_catalog.setval('public.unreadable_jobs_id_seq', 1, false);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (delivery_id, number);
ALTER TABLE ONLY public.captures
    ADD CONSTRAINT captures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.contact_aliases
    ADD CONSTRAINT contact_aliases_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.orgs
    ADD CONSTRAINT orgs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.orgs
    ADD CONSTRAINT orgs_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.replays
    ADD CONSTRAINT replays_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.unreadable_jobs
    ADD CONSTRAINT unreadable_jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.webhook_health
    ADD CONSTRAINT webhook_health_pkey PRIMARY KEY (webhook_id);
ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (id);
CREATE INDEX api_keys_org ON public.api_keys USING btree (org_id, id);
CREATE INDEX captures_contact ON public.captures USING btree (contact_id, id);
CREATE INDEX captures_set_aside ON public.captures USING btree (org_id, status, id) WHERE (status <> 'recorded'::text);
CREATE INDEX contact_aliases_contact ON public.contact_aliases USING btree (contact_id);
CREATE INDEX contacts_created ON public.contacts USING btree (org_id, created_at, id);
CREATE INDEX contacts_email ON public.contacts USING btree (org_id, email);
CREATE INDEX deliveries_due ON public.deliveries USING btree (webhook_id, next_attempt_at) WHERE (status = 'pending'::text);
CREATE INDEX deliveries_in_order ON public.deliveries USING btree (webhook_id, contact_id, sequence) WHERE (status = ANY (ARRAY['pending'::text, 'attempting'::text]));
CREATE INDEX deliveries_leased ON public.deliveries USING btree (webhook_id, leased_until) WHERE (status = 'attempting'::text);
CREATE INDEX deliveries_listed ON public.deliveries USING btree (webhook_id, status, id);
CREATE UNIQUE INDEX deliveries_once ON public.deliveries USING btree (event_id, webhook_id);
CREATE INDEX deliveries_put_off ON public.deliveries USING btree (webhook_id, next_attempt_at) WHERE ((status = 'pending'::text) AND (deferrals = 1));
CREATE INDEX events_contact ON public.events USING btree (contact_id) WHERE (contact_id IS NOT NULL);
CREATE INDEX events_org ON public.events USING btree (org_id, id);
CREATE INDEX events_placed ON public.events USING btree (org_id, "position") WHERE ("position" IS NOT NULL);
CREATE INDEX events_unplaced ON public.events USING btree (org_id, number) WHERE ("position" IS NULL);
CREATE INDEX replays_open ON public.replays USING btree (id) WHERE (status = 'running'::text);
CREATE UNIQUE INDEX schema_migration_name ON public.schema_migration USING btree (name);
CREATE INDEX webhooks_org ON public.webhooks USING btree (org_id, id) WHERE (status <> 'deleted'::text);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);
ALTER TABLE ONLY public.webhook_health
    ADD CONSTRAINT webhook_health_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhooks(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);
