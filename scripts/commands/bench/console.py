"""`console`: the first byte of each screen over a month of leads, and what is sent for it.

On the same data every role is scraped.
"""

from __future__ import annotations

import time
from datetime import timedelta

import urllib3

from app.domain.ids import derive_contact_id, first_ulid_at
from app.domain.times import now
from app.storage import orgs
from scripts.commands.bench.dataset import subscribe
from scripts.commands.bench.figures import at_most, percentile
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.pipeline import start_all
from scripts.commands.bench.scrapes import scrape_rows, with_metrics
from scripts.commands.bench.testbed import Testbed
from scripts.system.application import sign_in_link

LEADS = 1_000_000
WEBHOOKS = 10
#: How often each screen is asked for.
REQUESTS = 100
_MINUTES = 30 * 24 * 60
_USER = "bench@localhost"

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
    FROM numbered WHERE n %% 50 > 0)
INSERT INTO deliveries (id, org_id, webhook_id, event_id, event_type, contact_id, status, attempts,
    created_at, settled_at)
SELECT 'dlv_' || left(ulid, 10) || lpad((n * 100 + w)::text, 16, '0'), %(org)s,
    (%(webhooks)s::text[])[w], 'evt_' || ulid, 'contact.created', 'cont_' || ulid,
    CASE WHEN n %% 97 = w THEN 'failed' ELSE 'succeeded' END, 1, at, at + interval '80 ms'
FROM numbered, generate_series(1, {webhooks}) w WHERE n %% 50 > 0
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


def measure(effort: Effort, say: Say) -> Outcome:
    """Fill a database, then ask for each screen, one at a time."""
    leads = effort.count(LEADS)
    with Testbed({"BASE_DOMAIN": "localhost", **with_metrics()}) as testbed:
        fill(testbed, leads, say)
        say(f"{leads:,} leads and {leads * WEBHOOKS:,} deliveries are there")
        testbed.start("web")
        browser = _SignedIn(testbed)
        paths = _screens(testbed)
        times: dict[str, list[float]] = {}
        sizes: dict[str, int] = {}
        for name, path in paths.items():
            asked = [browser.ask(path) for _ in range(effort.count(REQUESTS))]
            times[name] = [milliseconds for milliseconds, _ in asked]
            sizes[name] = asked[-1][1]
            say(f"{name}: {percentile(times[name], 0.95):.1f} ms")
        start_all(testbed)
        scrapes = scrape_rows(testbed)
    rows = [*(_row(name, times[name], sizes[name]) for name in times), *scrapes]
    return Outcome(rows, [f"{leads:,} leads, {leads * WEBHOOKS:,} deliveries"], {"ms": times})


def fill(testbed: Testbed, leads: int, say: Say) -> None:
    """A month of leads, each delivered to every webhook."""
    url, key = testbed.database_url, testbed.secret_key
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


def _screens(testbed: Testbed) -> dict[str, str]:
    """Each screen's path; the ids are of a lead in the middle of the month."""
    capture = testbed.query(
        "SELECT id FROM captures WHERE status = 'recorded' ORDER BY id OFFSET"
        " (SELECT count(*) / 2 FROM captures) LIMIT 1"
    )
    ulid = capture.removeprefix("cap_")
    address = _addressed(testbed, capture)
    return {
        "home": "",
        "leads": "leads",
        "leads, an older page": f"leads?before={ulid}",
        "leads, by source": "leads?source=referral",
        "leads, a word that is rare": "leads?q=number12",
        "leads, a word that is nowhere": "leads?q=nowhere",
        "leads, an address": f"leads?q={address}",
        "trace": f"leads/{capture}",
        "contacts": "contacts",
        "contact": f"contacts/cont_{ulid}",
        "quarantine": "quarantine",
        "webhooks": "webhooks",
        "deliveries": "deliveries",
        "deliveries that failed": "deliveries?status=failed",
        "forms": "forms",
        "keys": "keys",
        "org": "org",
        "system": "system",
        "audit log": "audit",
    }


def _addressed(testbed: Testbed, capture_id: str) -> str:
    """The address of a capture, which is given the contact id that is derived from it."""
    with testbed.cursor() as cursor:
        org = orgs.find_by_slug(cursor, "acme")
        assert org is not None
        cursor.execute("SELECT payload ->> 'email' FROM captures WHERE id = %s", (capture_id,))
        ((address,),) = cursor.fetchall()
        contact_id = derive_contact_id(org.created_ms, org.id_secret, address)
        cursor.execute(
            "UPDATE captures SET contact_id = %s WHERE id = %s", (contact_id, capture_id)
        )
    return str(address)


def _row(name: str, times: list[float], size: int) -> Row:
    p95 = percentile(times, 0.95)
    ours = f"p50 {percentile(times, 0.5):.1f} ms, p95 {p95:.1f} ms"
    return Row(f"{name}, first byte", ours, f"{size / 1024:.1f} KiB sent", p95, at_most(50, " ms"))


class _SignedIn:
    """Asks for pages as somebody who has signed in."""

    def __init__(self, testbed: Testbed) -> None:
        self._http = urllib3.PoolManager(retries=False, timeout=30)
        self._url = f"{testbed.system.base_url}/console"
        link = sign_in_link(testbed.system.environ, _USER)
        assert link is not None
        path = f"{self._url}/sign-in/{link.rsplit('/', 1)[1]}"
        page = self._http.request("GET", path)
        token = page.headers["set-cookie"].partition("=")[2].partition(";")[0]
        answer = self._http.request(
            "POST",
            path,
            fields={"form_token": token},
            encode_multipart=False,
            headers={"Cookie": f"rex_form={token}"},
            redirect=False,
        )
        self._cookie = answer.headers["set-cookie"].partition(";")[0]

    def ask(self, path: str) -> tuple[float, int]:
        """Milliseconds to the first byte of a page, and its size."""
        began_at = time.perf_counter()
        answer = self._http.request(
            "GET", f"{self._url}/{path}", headers={"Cookie": self._cookie}, preload_content=False
        )
        milliseconds = 1000 * (time.perf_counter() - began_at)
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body[:300])
        answer.release_conn()
        return milliseconds, len(body)
