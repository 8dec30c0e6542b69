"""What stages start from, put straight into PostgreSQL: webhooks, captures, due deliveries."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping

import msgspec

from app.domain.capture.capture import Capture
from app.domain.contact.merge import merge_capture, new_contact
from app.domain.contact_fields import lead_values
from app.domain.delivery.signature import generate_secret
from app.domain.ids import derive_contact_id, new_id, new_ulid
from app.domain.org.org import Org, OrgSettings
from app.domain.submission.submission import parse_json
from app.domain.times import now
from app.domain.webhook.event import CONTACT_CREATED, contact_event
from app.domain.webhook.webhook import Webhook, WebhookStatus
from app.storage.database import Cursor, open_database, transaction
from app.storage.org import orgs
from app.storage.secret_cipher import SecretCipher
from app.storage.webhook import webhooks
from scripts.commands.bench.lead import ORG, body_of
from scripts.commands.queue_state import enqueue_captures

_FILL = """
WITH numbered AS (
    SELECT n, lpad(n::text, 26, '0') AS tail
    FROM generate_series(%(first)s + 1, %(first)s + %(count)s) n),
stored AS (
    INSERT INTO events (id, org_id, type, contact_id, sequence, occurred_at, data)
    SELECT 'evt_' || tail, %(org)s, 'contact.created', 'cont_' || tail, 1, now(), %(data)s
    FROM numbered)
INSERT INTO deliveries (id, org_id, webhook_id, event_id, event_type, contact_id, sequence,
    status, next_attempt_at)
SELECT 'dlv_' || tail, %(org)s, %(webhook)s, 'evt_' || tail, 'contact.created', 'cont_' || tail, 1,
    'pending', now()
FROM numbered
"""
_OWE_EACH = """
WITH owed AS (
    SELECT id, org_id, lpad((row_number() OVER ())::text, 26, '0') AS tail FROM webhooks),
stored AS (
    INSERT INTO events (id, org_id, type, occurred_at, data)
    SELECT 'evt_' || tail, org_id, 'contact.created', now(), %(data)s FROM owed)
INSERT INTO deliveries (id, org_id, webhook_id, event_id, event_type, status, next_attempt_at)
SELECT 'dlv_' || tail, org_id, id, 'evt_' || tail, 'contact.created', 'pending', now() FROM owed
"""
_FILL_CONTACTS = """
INSERT INTO contacts (id, org_id, email, first_name, last_name, phone, stage, source, metadata,
    created_at, updated_at, first_captured_at, last_captured_at, captures_count, sequence, stamps,
    version)
SELECT 'cont_' || upper(substr(md5(n::text), 1, 26)), %(org)s, 'filler' || n || '@example.com',
    'Ada', 'Lovelace', '+44 20 7946 0321', 'lead', 'organic', %(metadata)s, now(), now(), now(),
    now(), 1, 1, %(stamps)s, 1
FROM generate_series(%(first)s + 1, %(first)s + %(count)s) n
"""
#: Rows that one statement makes.
_FILL_STEP = 50_000


def subscribe(database_url: str, secret_key: str, url: str, org_slug: str = ORG) -> str:
    """A webhook of that org, which is made if need be, for contact events; its id."""
    (webhook_id,) = subscribe_each(database_url, secret_key, {org_slug: url})
    return webhook_id


def subscribe_each(database_url: str, secret_key: str, urls: Mapping[str, str]) -> list[str]:
    """A webhook for each org, by its slug, with that URL; their ids."""
    cipher = SecretCipher(base64.b64decode(secret_key))
    made = []
    with transaction(open_database(database_url)) as cursor:
        for slug, url in urls.items():
            org = orgs.find_by_slug(cursor, slug) or _new_org(cursor, slug)
            webhook = _webhook(org.id, url)
            webhooks.insert(cursor, webhook, cipher.encrypt(generate_secret()))
            made.append(webhook.id)
    return made


def unsubscribe(database_url: str, webhook_id: str) -> None:
    """Delete a webhook; the scheduler cancels what is owed to it."""
    with transaction(open_database(database_url)) as cursor:
        cursor.execute("UPDATE webhooks SET status = 'deleted' WHERE id = %s", (webhook_id,))


def fill_pending(database_url: str, webhook_id: str, count: int) -> None:
    """Add `count` due deliveries of a webhook, each with its own event."""
    database = open_database(database_url)
    with transaction(database) as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        # Real ids are times, and none of them is so early.
        cursor.execute("SELECT max(id) FROM deliveries WHERE id < 'dlv_001'")
        (last,) = cursor.fetchone() or (None,)
        first = int(last.removeprefix("dlv_")) if last else 0
        cursor.execute("SELECT org_id FROM webhooks WHERE id = %s", (webhook_id,))
        (org_id,) = cursor.fetchone() or ("",)
        values = {"org": org_id, "webhook": webhook_id, "data": event_data()}
        for done in range(0, count, _FILL_STEP):
            step = {"first": first + done, "count": min(_FILL_STEP, count - done)}
            cursor.execute(_FILL, values | step)
    with transaction(database) as cursor:
        cursor.execute("ANALYZE deliveries")
        cursor.execute("ANALYZE events")


def owe_each(database_url: str) -> None:
    """Add a due delivery for each webhook of a database that has none yet."""
    with transaction(open_database(database_url)) as cursor:
        cursor.execute(_OWE_EACH, {"data": event_data()})


def fill_contacts(database_url: str, count: int) -> None:
    """Add `count` contacts of typical leads, their ids as scattered as derived ones."""
    lead = msgspec.json.decode(body_of(""))
    stamp = new_ulid()
    names = (
        "first_name",
        "last_name",
        "phone",
        "source",
        *map("metadata.{}".format, lead["metadata"]),
    )
    database = open_database(database_url)
    with transaction(database) as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        org = orgs.find_by_slug(cursor, ORG)
        assert org is not None
        values = {
            "org": org.id,
            "metadata": msgspec.json.encode(lead["metadata"]).decode(),
            "stamps": msgspec.json.encode(dict.fromkeys(names, stamp)).decode(),
        }
        for done in range(0, count, _FILL_STEP):
            step = {"first": done, "count": min(_FILL_STEP, count - done)}
            cursor.execute(_FILL_CONTACTS, values | step)
    with transaction(database) as cursor:
        cursor.execute("ANALYZE contacts")


def fresh_captures(cursor: Cursor, count: int) -> list[Capture]:
    """Captures of typical leads, each with a new address."""
    org = orgs.find_by_slug(cursor, ORG)
    assert org is not None
    run = secrets.token_hex(3)
    return [_capture(org, f"bare{run}{number:09d}@example.com") for number in range(count)]


def fill_queue(database_url: str, redis_url: str, count: int, job_captures: int) -> None:
    """Add `count` captures to the queue, as the ingress does."""
    with transaction(open_database(database_url)) as cursor:
        org = orgs.find_by_slug(cursor, ORG)
    assert org is not None
    typical, run = _capture(org, "typical@example.com"), secrets.token_hex(3)
    for first in range(0, count, _FILL_STEP):
        captures = [
            _another(typical, org, f"queued{run}{number:09d}@example.com")
            for number in range(first, min(first + _FILL_STEP, count))
        ]
        jobs = [captures[at : at + job_captures] for at in range(0, len(captures), job_captures)]
        enqueue_captures(redis_url, jobs)


def event_data() -> str:
    """The data of an event about a typical lead, as JSON."""
    org_id = new_id("org")
    lead = msgspec.json.decode(body_of("lead000000000000000@example.com"))
    capture = Capture(
        id=new_id("cap"), org_id=org_id, contact_id=new_id("cont"), source="organic", **lead
    )
    contact = new_contact(capture)
    merge_capture(contact, capture)
    return contact_event(new_id("evt"), CONTACT_CREATED, contact, [], now()).data


def _webhook(org_id: str, url: str) -> Webhook:
    return Webhook(
        id=new_id("whk"),
        org_id=org_id,
        name="bench",
        url=url,
        events=["contact.*"],
        headers={},
        metadata={},
        rate_limit=None,
        ordered=False,
        status=WebhookStatus.ACTIVE,
        status_reason=None,
        created_at=now(),
        updated_at=now(),
    )


def _new_org(cursor: Cursor, slug: str) -> Org:
    org = Org(new_id("org"), slug, now(), secrets.token_bytes(32), OrgSettings())
    orgs.insert(cursor, org)
    return org


def _capture(org: Org, email: str) -> Capture:
    return Capture(
        *lead_values(parse_json(body_of(email))),
        id=new_id("cap"),
        org_id=org.id,
        contact_id=derive_contact_id(org.created_ms, org.id_secret, email),
        client_address="127.0.0.1",
        user_agent="Mozilla/5.0 (X11; Linux x86_64)",
    )


def _another(capture: Capture, org: Org, email: str) -> Capture:
    return msgspec.structs.replace(
        capture,
        id=new_id("cap"),
        contact_id=derive_contact_id(org.created_ms, org.id_secret, email),
        email=email,
    )
