"""Orgs, captures and webhooks for tests, each with what the test does not care about filled in."""

from __future__ import annotations

import secrets
from typing import Any

from app.domain.capture.capture import Capture
from app.domain.ids import derive_contact_id, new_id
from app.domain.org.org import Org, OrgSettings
from app.domain.times import now
from app.domain.webhook.webhook import Webhook, WebhookStatus
from app.storage.database import Database, transaction
from app.storage.org import orgs
from app.storage.secret_cipher import SecretCipher
from app.storage.webhook import webhooks

CIPHER = SecretCipher(b"k" * 32)
HOOK_URL = "http://127.0.0.1:9/hook"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def make_org(database: Database, slug: str = "acme", **settings: Any) -> Org:
    """A stored org."""
    org = Org(new_id("org"), slug, now(), secrets.token_bytes(32), OrgSettings(**settings))
    with transaction(database) as cursor:
        orgs.insert(cursor, org)
    return org


def make_capture(org: Org, email: str = "ada@example.com", **fields: Any) -> Capture:
    """A capture that was received now."""
    contact_id = derive_contact_id(org.created_ms, org.id_secret, email)
    fields.setdefault("source", "organic")
    return Capture(email, id=new_id("cap"), org_id=org.id, contact_id=contact_id, **fields)


def make_webhook(database: Database, org: Org, url: str = HOOK_URL, **fields: Any) -> Webhook:
    """A stored webhook whose secret is SECRET."""
    values: dict[str, Any] = {
        "name": "test",
        "events": ["*"],
        "headers": {},
        "metadata": {},
        "rate_limit": None,
        "ordered": False,
        "status": WebhookStatus.ACTIVE,
        "status_reason": None,
        "created_at": now(),
        "updated_at": now(),
    }
    webhook = Webhook(id=new_id("whk"), org_id=org.id, url=url, **(values | fields))
    with transaction(database) as cursor:
        webhooks.insert(cursor, webhook, CIPHER.encrypt(SECRET))
    return webhook
