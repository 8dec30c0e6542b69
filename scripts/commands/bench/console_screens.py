"""The screens that `console` asks for."""

from __future__ import annotations

from app.domain.ids import derive_contact_id
from app.storage.org import orgs
from scripts.commands.bench.testbed import Testbed


def screens(testbed: Testbed) -> dict[str, str]:
    """Each screen's path; the ids are of a lead in the middle of the month."""
    capture = testbed.query(
        "SELECT id FROM captures WHERE status = 'recorded' ORDER BY id OFFSET"
        " (SELECT count(*) / 2 FROM captures) LIMIT 1"
    )
    failed = testbed.query(
        "SELECT id || ' ' || webhook_id FROM deliveries WHERE status = 'failed'"
        " ORDER BY webhook_id DESC, id DESC LIMIT 1"
    )
    delivery, webhook = failed.split()
    ulid = capture.removeprefix("cap_")
    address = _addressed(testbed, capture)
    return {
        "home": "",
        "leads": "leads",
        "leads, an older page": f"leads?before={ulid}",
        "leads, by source": "leads?source=referral",
        "leads, by campaign": "leads?campaign=campaign7",
        "leads, a word that is rare": "leads?q=number12",
        "leads, a word that is nowhere": "leads?q=nowhere",
        "leads, an address": f"leads?q={address}",
        "trace": f"leads/{capture}",
        "contacts": "contacts",
        "contact": f"contacts/cont_{ulid}",
        "quarantine": "quarantine",
        "webhooks": "webhooks",
        "webhook": f"webhooks/{webhook}",
        "deliveries": "deliveries",
        "deliveries of a webhook": f"deliveries?webhook={webhook}",
        "deliveries, by an event that is rare": "deliveries?type=contact.updated",
        "deliveries that failed": "deliveries?status=failed",
        "deliveries that failed for one cause": "deliveries?cause=500",
        "delivery": f"deliveries/{delivery}",
        "forms": "forms",
        "keys": "keys",
        "org": "org",
        "users": "users",
        "account": "account",
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
