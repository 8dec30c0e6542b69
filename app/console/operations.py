"""The operations that the console calls: functions of the API, wired in app/main.py."""

from __future__ import annotations

from dataclasses import dataclass

from app.http.operations import Ask


@dataclass(frozen=True)
class Operations:
    """One line per operation, named like the function in app/api."""

    release_capture: Ask
    mark_as_spam: Ask
    mark_as_not_spam: Ask
    edit_contact: Ask
    delete_contact: Ask
    export_contact: Ask
    get_delivery: Ask
    deliveries_of_event: Ask
    retry_delivery: Ask
    list_deliveries: Ask
    list_webhooks: Ask
    list_webhook_deliveries: Ask
    create_webhook: Ask
    get_webhook: Ask
    edit_webhook: Ask
    delete_webhook: Ask
    rotate_secret: Ask
    ping_webhook: Ask
    create_replay: Ask
    list_contacts: Ask
    create_key: Ask
    list_keys: Ask
    revoke_key: Ask
    get_org: Ask
    edit_org: Ask
    list_audit_entries: Ask
    get_replay: Ask
    cancel_replay: Ask
