"""Examples in the OpenAPI document: of bodies by hand, of answers from their schemas."""

from __future__ import annotations

from typing import Any

from app.api.openapi_schemas import Schema

ULID = "01KKV1Z3M7H3N5P8S1V4X6Z9AB"
_AT = "2026-03-16T12:00:00Z"
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_LEAD = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"}

#: By the name of what is sent, where an example made from its schema would say too much.
BODIES: dict[str, Schema] = {
    "Lead": {**_LEAD, "metadata": {"utm_source": "newsletter"}},
    "NewContact": {**_LEAD, "stage": "prospect", "metadata": {"plan": "team"}},
    "ContactEdit": {"stage": "customer", "phone": None, "metadata": {"plan": "business"}},
    "NewWebhook": {
        "url": "https://crm.example/hooks/rex",
        "events": ["contact.*"],
        "retry": {"schedule": [5, 60, 600, 3600]},
        "timeout_seconds": 10,
    },
    "WebhookEdit": {
        "status": "active",
        "rate_limit": 50,
        "retry": {"base": 30, "cap": 3600, "max_attempts": 20, "max_age": 86_400},
    },
    "Rotation": {"overlap_seconds": 3600},
    "NewReplay": {"since": "2026-03-16T00:00:00Z", "types": ["contact.created"], "dry_run": True},
    "NewApiKey": {"name": "Landing pages", "scope": "capture-only"},
    "OrgEdit": {"allowed_origins": ["https://www.example.com"], "min_fill_ms": 1000},
}

_IDS = {"event_id": "evt", "contact_id": "cont", "webhook_id": "whk", "delivery_id": "dlv"}
_TEXTS = {
    **{name: f"{prefix}_{ULID}" for name, prefix in _IDS.items()},
    **_LEAD,
    "phone": "+44 20 7946 0000",
    "title": "Countess",
    "linkedin_url": "https://www.linkedin.com/in/ada",
    "capture_id": f"cap_{ULID}",
    "request_id": f"req_{ULID}",
    "existing_id": f"cont_{ULID}",
    "type": "contact.created",
    "event": "contact.created",
    **dict.fromkeys(("event_type", "events", "event_types", "types"), "contact.created"),
    "actor": f"key_{ULID}",
    "action": "webhook.created",
    "subject_id": f"whk_{ULID}",
    "name": "CRM",
    "url": "https://crm.example/hooks/rex",
    "secret": _SECRET,
    "key": f"rex_live_{ULID}",
    "slug": "acme",
    "last_result": "succeeded",
    "timestamp": _AT,
    "since": _AT,
    "until": _AT,
    "response_body": "ok",
    "address": "203.0.113.7",
    "client_address": "198.51.100.23",
}
#: Properties that exclude others: an answer has one or the others.
_ABSENT = frozenset({"schedule"})
_MADE = {"integer": 1, "number": 1.5, "boolean": False, "null": None}
#: The prefix of what a struct calls its `id`.
_PREFIXES = {
    "AttemptView": "att",
    "AuditEntryView": "aud",
    "CaptureView": "cap",
    "EventView": "evt",
    "WebhookView": "whk",
    "DeliveryView": "dlv",
    "DeliveryDetail": "dlv",
    "ReplayView": "rpl",
    "KeyView": "key",
    "OrgView": "org",
}


def example(schema: Schema, components: Schema, name: str = "", owner: str = "") -> Any:
    """A value that fits a schema: that of the property `name` of the component `owner`."""
    if "$ref" in schema:
        found = schema["$ref"].rsplit("/", 1)[1]
        return example(components[found], components, name, found.removesuffix("Item"))
    if "anyOf" in schema:
        return example(schema["anyOf"][0], components, name, owner)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    if name in _ABSENT:
        return None
    if isinstance(kind, list):
        kind = kind[0] if kind[0] != "string" or name in _TEXTS or name.endswith("_at") else "null"
    if kind == "array":
        return [example(schema["items"], components, name, owner)] * schema.get("minItems", 1)
    if kind == "object":
        return {
            field: example(inner, components, field, owner)
            for field, inner in schema.get("properties", {}).items()
        }
    return _MADE[kind] if kind in _MADE else _text(name, owner)


def _text(name: str, owner: str) -> str:
    if name == "id":
        return f"{_PREFIXES.get(owner, 'cont')}_{ULID}"
    return _TEXTS.get(name, _AT if name.endswith("_at") else "…")
