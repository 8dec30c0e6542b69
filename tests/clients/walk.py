"""Walks the API with a client that openapi-python-client has made of the document.

    python walk.py BASE_URL API_KEY RECEIVER_URL

The client's package, `rex_client`, is found beside the working directory.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

models: Any = import_module("rex_client.models")
client_of: Any = import_module("rex_client").AuthenticatedClient


def main(base_url: str, key: str, receiver_url: str) -> None:
    """Raises at the first answer that is not as documented."""
    client = client_of(
        base_url=base_url,
        token=key,
        prefix="",
        auth_header_name="X-Api-Key",
        raise_on_unexpected_status=True,
    )

    def call(name: str, expected: int, /, *arguments: object, **others: object) -> Any:
        module = import_module(f"rex_client.api.{name}")
        answer = module.sync_detailed(*arguments, client=client, **others)
        assert answer.status_code == expected, (name, answer)
        assert expected == 204 or answer.parsed is not None, name
        return answer.parsed

    walk_contacts(call)
    walk_webhooks(call, receiver_url)
    walk_the_rest(call)


def walk_contacts(call: Any) -> None:
    lead = {"email": "python@example.com", "first_name": "Ada"}
    captured = call("capture.capture", 202, body=models.Lead.from_dict(lead)).data
    assert captured.capture_id.startswith("cap_")
    new = models.NewContact(email="grace@example.com", stage=models.NewContactStage.PROSPECT)
    contact = call("contacts.create_contact", 201, body=new).data
    assert call("contacts.create_contact", 409, body=new).error.existing_id == contact.id
    assert call("contacts.upsert_contact", 200, body=new).data.id == contact.id
    edit = models.ContactEdit(first_name="Grace", phone=None)
    assert call("contacts.edit_contact", 200, contact.id, body=edit).data.first_name == "Grace"
    assert call("contacts.get_contact", 200, contact.id).data.email == "grace@example.com"
    since = datetime(2026, 1, 1, tzinfo=UTC)
    page = call("contacts.list_contacts", 200, email="grace@example.com", created_after=since)
    assert [item.id for item in page.data] == [contact.id]
    assert page.meta.has_more is page.has_more is False
    call("captures.list_contact_captures", 200, contact.id)
    call("captures.list_set_aside", 200)
    (event, *_) = call(
        "events.list_events", 200, type_=[models.ListEventsTypeItem("contact.*")]
    ).data
    assert call("events.get_event", 200, event.id).data.id == event.id
    call("contacts.delete_contact", 204, contact.id)
    call("contacts.get_contact", 404, contact.id)


def walk_webhooks(call: Any, receiver_url: str) -> None:
    made = call("webhooks.create_webhook", 201, body=models.NewWebhook(url=receiver_url))
    webhook = made.data
    assert made.secret.startswith("whsec_")
    call("webhooks.get_webhook", 200, webhook.id)
    call("webhooks.list_webhooks", 200, status=models.ListWebhooksStatus.ACTIVE)
    edit = models.WebhookEdit(name="python", rate_limit=100)
    assert call("webhooks.edit_webhook", 200, webhook.id, body=edit).data.name == "python"
    rotation = models.Rotation(overlap_seconds=60)
    call("webhooks.rotate_secret", 200, webhook.id, body=rotation)
    ping = call("webhooks.ping_webhook", 200, webhook.id, wait=15).data
    assert (ping.status.value, ping.attempt.status) == ("succeeded", 200)
    assert ping.attempt.response_headers
    shown = call("deliveries.get_delivery", 200, ping.delivery_id).data
    assert shown.request.url == receiver_url
    for listed in (
        call("deliveries.list_all_deliveries", 200, webhook_id=webhook.id),
        call("deliveries.list_deliveries", 200, webhook.id),
    ):
        assert [(item.id, item.last_status) for item in listed.data] == [(shown.id, 200)]
    call("deliveries.retry_delivery", 202, shown.id)
    assert call("replays.create_replay", 200, webhook.id, body=models.NewReplay(dry_run=True)).data
    replay = call("replays.create_replay", 202, webhook.id, body=models.NewReplay()).data
    call("replays.get_replay", 200, replay.id)
    call("webhooks.delete_webhook", 204, webhook.id)


def walk_the_rest(call: Any) -> None:
    key = call("api_keys.create_key", 201, body=models.NewApiKey(scope=models.Scope.READ)).data
    assert key.id in [each.id for each in call("api_keys.list_keys", 200, limit=200).data]
    call("api_keys.revoke_key", 204, key.id)
    edit = models.OrgEdit(min_fill_ms=0, capture_rate_per_email=None)
    assert call("org.edit_org", 200, body=edit).data.min_fill_ms == 0
    call("org.get_org", 200)
    assert call("service.healthz", 200).status == "ok"
    assert call("service.readyz", 200).dependencies


if __name__ == "__main__":
    main(*sys.argv[1:])
