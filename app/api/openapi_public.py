"""Endpoints without a key, described by hand: `/capture`, and those about the service."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from app.api import openapi_errors as errors
from app.domain.contact.contact_view import ContactView
from app.domain.contact_fields import LEAD_LENGTHS_MAX, Source
from app.domain.errors import STATUS_BY_CODE
from app.domain.spam.proof import Challenge
from app.domain.submission.controls import FILL_TIME, HONEYPOTS, IDEMPOTENCY_KEY, PROOF, REDIRECT
from app.domain.submission.form import FORM_CHARS_MAX

Schema = dict[str, Any]


class Captured(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the caller sent, with its ids."""

    id: str
    email: str
    first_name: str | None
    last_name: str | None
    stage: Literal["lead"]
    source: Source
    created_at: str
    capture_id: str
    #: The address with the domain that was probably meant (`gmail.com` for `gmial.com`).
    suggested_email: str | UnsetType = UNSET


class CaptureAccepted(msgspec.Struct, forbid_unknown_fields=True):
    """A capture that is on disk and will be recorded."""

    data: Captured


class StoredCapture(ContactView, forbid_unknown_fields=True, kw_only=True):
    """A contact as it was stored."""

    capture_id: str


class CaptureStored(msgspec.Struct, forbid_unknown_fields=True):
    """A capture that was recorded while the caller waited."""

    data: StoredCapture


class Health(msgspec.Struct):
    """The process is up."""

    status: str


class Readiness(msgspec.Struct):
    """Whether captures can be accepted, and the state of each dependency."""

    status: str
    dependencies: dict[str, str]
    #: Host and port of the servers in use, where it is connected.
    servers: dict[str, str]


PUBLIC_TYPES = (errors.ErrorEnvelope, CaptureAccepted, CaptureStored, Challenge, Health, Readiness)

_CAPTURE_ERRORS = [c for c in STATUS_BY_CODE if c not in ("method_not_allowed", "conflict")]


_TEXT: Schema = {"type": "string"}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(kind: type) -> Schema:
    return {"application/json": {"schema": _named(kind.__name__)}}


def _text(description: str, length: int | None = None) -> Schema:
    schema: Schema = {"type": "string", "description": description}
    return schema | ({"maxLength": length} if length else {})


_BODY_PROPERTIES: Schema = {
    "email": {"minLength": 3} | _text("The e-mail address: the only required field.", 320),
    **{name: {"type": "string", "maxLength": most} for name, most in LEAD_LENGTHS_MAX.items()},
    "source": _text("One of the sources; anything else becomes `other`, with the text kept."),
    "form": _text(
        "Which form it is, by a short name; without one, by the path of its page.", FORM_CHARS_MAX
    ),
    IDEMPOTENCY_KEY: _text("Instead of the header, for beacons and forms, which cannot set it."),
}
_JSON_BODY: Schema = {
    "type": "object",
    "required": ["email"],
    "description": "Unknown fields are kept in the contact's metadata under their own names.",
    "properties": _BODY_PROPERTIES
    | {
        "metadata": {
            "type": "object",
            "maxProperties": 100,
            "description": "At most 100 keys, 5 levels, 16 KiB.",
        }
    },
}
_FORM_BODY: Schema = {
    "type": "object",
    "required": ["email"],
    "description": "`metadata[key]`, `metadata.key` and unknown fields land in metadata.",
    "properties": _BODY_PROPERTIES
    | {
        REDIRECT: _text("Where to send the browser on to, if the org lists it."),
        FILL_TIME: _text("Milliseconds that it took to fill in the form."),
        HONEYPOTS[0]: _text("A field that people do not see; a bot fills it in."),
        PROOF: _text("A proof of work, where the org requires one: a solved challenge."),
    },
}


#: Bodies that no struct reads. Generators need a name for each, also where two are alike.
PUBLIC_BODIES: Schema = {
    "Lead": _JSON_BODY,
    "LeadForm": _FORM_BODY,
    "LeadMultipart": _FORM_BODY,
}


def _header(name: str, description: str, schema: Schema | None = None) -> Schema:
    schema = schema or {"type": "string"}
    return {"name": name, "in": "header", "description": description, "schema": schema}


_CAPTURE: Schema = {
    "operationId": "capture",
    "tags": ["Capture"],
    "summary": "Accept a lead from any page.",
    "description": "Public: a key is optional, but one that is sent must be valid. The answer"
    " means that the lead is on disk and will be recorded. It is made of what was sent and tells"
    " nothing about what is known. The same submission within 10 s is one capture.",
    "security": [{}, {"ApiKey": []}],
    "parameters": [
        _header("Idempotency-Key", "The same key within 24 h gives the first answer again."),
        _header(
            "Prefer", "`wait=N`, N up to 10, with a `read-write` key: see the contact as stored."
        ),
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _named("Lead")},
            "text/plain": {"schema": {"type": "string", "description": "The same JSON as text."}},
            "application/x-www-form-urlencoded": {"schema": _named("LeadForm")},
            "multipart/form-data": {"schema": _named("LeadMultipart")},
        },
    },
    "responses": {
        "200": {
            "description": "Recorded, for `Prefer: wait`.",
            "headers": errors.KEYED_HEADERS,
            "content": _json(CaptureStored),
        },
        "201": {
            "description": "Recorded, and the contact is new, for `Prefer: wait`.",
            "headers": errors.KEYED_HEADERS,
            "content": _json(CaptureStored),
        },
        "202": {
            "description": "Accepted: on disk, and will be recorded.",
            "headers": errors.KEYED_HEADERS,
            "content": _json(CaptureAccepted),
        },
        "303": {
            "description": "Accepted; the form goes on to `_redirect` or `/thanks`.",
            "headers": errors.KEYED_HEADERS
            | {
                "Location": {"schema": {"type": "string"}},
                "X-Rex-Redirect": {
                    "description": "Why the form's `_redirect` was not followed.",
                    "schema": {"type": "string"},
                },
            },
        },
    }
    | errors.responses(_CAPTURE_ERRORS, also_as_page=True),
}


def _about(name: str, summary: str, content: Schema, unready: Schema | None = None) -> Schema:
    responses: Schema = {"200": {"description": errors.SUCCESSES[200], "content": content}}
    responses |= errors.responses(["bad_request"])
    if unready:
        responses["503"] = {"description": "Not ready.", "content": unready}
    return {
        "operationId": name,
        "tags": ["Service"],
        "summary": summary,
        "description": summary,
        "security": [],
        "responses": responses,
    }


_SCRIPT: Schema = {"type": "string"}

#: Path and method to what the document says.
PUBLIC: dict[tuple[str, str], Schema] = {
    ("/capture", "POST"): _CAPTURE,
    ("/rex.js", "GET"): _about(
        "rex_js", "The form kit, to be loaded by pages.", {"text/javascript": {"schema": _TEXT}}
    ),
    ("/thanks", "GET"): _about(
        "thanks", "Says thanks to a form's visitor.", {"text/html": {"schema": _TEXT}}
    ),
    ("/pages.css", "GET"): _about(
        "pages_css", "The style of the pages for visitors.", {"text/css": {"schema": _SCRIPT}}
    ),
    ("/altcha", "GET"): _about(
        "challenge", "A challenge for a proof of work (ALTCHA).", _json(Challenge)
    ),
    ("/rex-pow.js", "GET"): _about(
        "rex_pow", "Computes proofs of work on a page.", {"text/javascript": {"schema": _SCRIPT}}
    ),
    ("/healthz", "GET"): _about("healthz", "Whether the process is up.", _json(Health)),
    ("/readyz", "GET"): _about(
        "readyz", "Whether captures can be accepted.", _json(Readiness), _json(Readiness)
    ),
    ("/openapi.yaml", "GET"): _about(
        "openapi", "This document.", {"application/yaml": {"schema": {"type": "object"}}}
    ),
    ("/docs", "GET"): _about("docs", "This document as a page.", {"text/html": {"schema": _TEXT}}),
}
