"""A month of leads for `console`, in the partitions of a month, with words and hourly figures.

Each lead is delivered to every webhook by one attempt.
"""

from __future__ import annotations

from datetime import timedelta

from app.domain.ids import first_ulid_at
from app.domain.times import now
from app.storage.database import open_database, transaction
from app.storage.figures import hours
from app.storage.retention.partitions import make_missing
from scripts.commands.bench.dataset import subscribe
from scripts.commands.bench.months import MONTH, partition
from scripts.commands.bench.outcome import Say
from scripts.commands.bench.testbed import Testbed

WEBHOOKS = 10
#: Settings of a system whose hot tables have seven partitions.
SETTINGS = {f"RETENTION_{name}_DAYS": str(MONTH) for name in ("EVENTS", "CAPTURES")}
_MINUTES = MONTH * 24 * 60
_HOURS_SHOWN = 48

_MOMENTS = "CREATE TEMPORARY TABLE moments (minute int PRIMARY KEY, prefix text, at timestamptz)"
_LEADS = """
WITH numbered AS (
    SELECT n, prefix || lpad(n::text, 16, '0') AS ulid, at
    FROM generate_series(%(first)s, %(last)s) n
    JOIN moments ON minute = n::bigint * {minutes} / %(all)s),
captured AS (
    INSERT INTO captures (id, org_id, contact_id, status, reason, payload, client_address)
    SELECT 'cap_' || ulid, %(org)s, 'cont_' || ulid,
        CASE WHEN n %% 50 = 0 THEN 'quarantined' ELSE 'recorded' END,
        CASE WHEN n %% 50 = 0 THEN 'honeypot field _gotcha was filled' END,
        json_build_object('email', 'lead' || n || '@example.com', 'first_name', 'Ada',
            'last_name', 'Number' || n, 'source',
            (ARRAY['organic', 'paid', 'email', 'referral'])[n %% 4 + 1],
            'metadata', json_build_object('utm_campaign', 'campaign' || n %% 20,
                'message', 'I would like to know more about your product')), '192.0.2.1'
    FROM numbered),
known AS (
    INSERT INTO contacts (id, org_id, email, first_name, stage, source, metadata, created_at,
        updated_at, last_captured_at, captures_count, sequence, stamps, version)
    SELECT 'cont_' || ulid, %(org)s, 'lead' || n || '@example.com', 'Ada', 'lead', 'paid', '{{}}',
        at, at, at, 1, 1, json_build_object('first_name', ulid), 1 FROM numbered WHERE n %% 50 > 0),
told AS (
    INSERT INTO events (id, org_id, type, contact_id, sequence, occurred_at, data)
    SELECT 'evt_' || ulid, %(org)s, 'contact.created', 'cont_' || ulid, 1, at, '{{}}'
    FROM numbered WHERE n %% 50 > 0),
sent AS (
    INSERT INTO deliveries (id, org_id, webhook_id, event_id, event_type, contact_id, status,
        attempts, created_at, settled_at)
    SELECT 'dlv_' || left(ulid, 10) || lpad((n * 100 + w)::text, 16, '0'), %(org)s,
        (%(webhooks)s::text[])[w], 'evt_' || ulid, 'contact.created', 'cont_' || ulid,
        CASE WHEN n %% 97 = w THEN 'failed' ELSE 'succeeded' END, 1, at, at + interval '80 ms'
    FROM numbered, generate_series(1, {webhooks}) w WHERE n %% 50 > 0
    RETURNING id, status, created_at)
INSERT INTO attempts (delivery_id, number, id, started_at, status, timings, result)
SELECT id, 1, 'att_' || substr(id, 5), created_at, CASE status WHEN 'failed' THEN 500 ELSE 200 END,
    '{{"total_ms": 80}}', status FROM sent
"""
#: As the scheduler fills the index of words, but in a fraction of its time.
_WORDS = """
INSERT INTO capture_words (capture_id, words)
SELECT id, json_to_tsvector('simple', payload, '["string"]') || array_to_tsvector(ARRAY[org_id])
FROM captures WHERE id > (SELECT COALESCE(max(capture_id), '') FROM capture_words)
"""
#: A filled server has had the time for its checkpoints.
_ROOM_FOR_LOG = ("ALTER SYSTEM SET max_wal_size = '8GB'", "SELECT pg_reload_conf()")
_STEP = 20_000


def fill(testbed: Testbed, leads: int, say: Say) -> None:
    """A month of leads, each delivered to every webhook."""
    url, key = testbed.database_url, testbed.secret_key
    partition(url, days_past=1)
    make_missing(open_database(url), testbed.system.settings)
    webhooks = [subscribe(url, key, f"http://127.0.0.1:9/{n}", "acme") for n in range(WEBHOOKS)]
    org_id = testbed.query("SELECT id FROM orgs WHERE slug = 'acme'")
    start = now() - timedelta(minutes=_MINUTES)
    for statement in _ROOM_FOR_LOG:
        testbed.query(statement)
    with testbed.cursor() as cursor:
        cursor.execute(_MOMENTS)
        for minute in range(_MINUTES):
            at = start + timedelta(minutes=minute)
            prefix = first_ulid_at(int(at.timestamp() * 1000))[:10]
            cursor.execute("INSERT INTO moments VALUES (%s, %s, %s)", (minute, prefix, at))
        statement = _LEADS.format(minutes=_MINUTES, webhooks=WEBHOOKS)
        values = {"org": org_id, "webhooks": webhooks, "all": leads}
        for first in range(0, leads, _STEP):
            last = min(first + _STEP, leads) - 1
            cursor.execute(statement, {**values, "first": first, "last": last})
            cursor.execute(_WORDS)
            if last % (10 * _STEP) == 10 * _STEP - 1:
                say(f"{last + 1:,} leads")
        cursor.execute("VACUUM ANALYZE")
    _count_hours(testbed)


def _count_hours(testbed: Testbed) -> None:
    """The hourly figures that Home shows, as the scheduler counts them."""
    this = now().replace(minute=0, second=0, microsecond=0)
    with transaction(open_database(testbed.database_url)) as cursor:
        for ago in range(_HOURS_SHOWN):
            hours.count(cursor, this - ago * hours.HOUR)
