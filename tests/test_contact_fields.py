"""Every field of the definition reaches every place that it belongs to."""

from __future__ import annotations

import msgspec
import pytest

from app.api.bodies import read_body
from app.api.contact_bodies import ContactEdit, NewContact, edits_of
from app.api.openapi_public import PUBLIC, PUBLIC_BODIES
from app.domain.capture.capture import Capture
from app.domain.contact.contact import Contact
from app.domain.contact.contact_view import ContactView
from app.domain.contact.merge import edit_contact, merge_capture, new_contact
from app.domain.contact_fields import (
    CONTACT_LENGTHS_MAX,
    FIRST_TOUCH_FIELDS,
    LATEST_FIELDS,
    LEAD_FIELDS,
    LEAD_LENGTHS_MAX,
)
from app.domain.errors import Invalid
from app.domain.ids import first_ulid_at
from app.domain.labels.labels import field_of_label
from app.domain.submission.submission import parse_fields, parse_json
from app.domain.webhook.event import contact_event
from app.storage.capture.captures import decode_captures, payload_of
from app.storage.models import Contacts, columns_for

TEXTS = {name: f"{name}!" for name in LEAD_LENGTHS_MAX}
ID = "01KKPZ0000ZZZZZZZZZZZZZZZZ"

#: A job as version 0.1.0 put it on the queue.
OLD_JOB = (
    b'[{"id":"cap_01KKPZ0000ZZZZZZZZZZZZZZZZ","org_id":"org_1","contact_id":"cont_1",'
    b'"email":"ann@example.com","source":"paid","first_name":"Ann","last_name":"Lee",'
    b'"phone":"+1 555 0100","title":"CTO","linkedin_url":"https://linkedin.com/in/ann",'
    b'"source_detail":"spring","metadata":{"utm_medium":"cpc"},"keyed":true,'
    b'"client_address":"203.0.113.9","user_agent":"curl","referrer":"https://acme.example/",'
    b'"quarantine":"honeypot"}]'
)


def capture(**fields: object) -> Capture:
    return Capture("a@b.c", id=f"cap_{ID}", org_id="org_1", contact_id="cont_1", **fields)  # type: ignore[arg-type]


def test_a_job_of_the_first_version_can_be_read() -> None:
    (read,) = decode_captures(msgspec.Raw(OLD_JOB))
    values = msgspec.json.decode(OLD_JOB)[0]
    assert msgspec.json.decode(msgspec.json.encode(read)) == values
    assert all(getattr(read, name) == value for name, value in values.items())


def test_fields_stand_in_a_stored_payload_in_the_documented_order() -> None:
    stored = msgspec.json.decode(msgspec.json.encode(payload_of(capture(**TEXTS, source="paid"))))
    assert stored == {"email": "a@b.c", **TEXTS, "source": "paid"}
    assert list(stored) == [name for name in LEAD_FIELDS if name in stored]


@pytest.mark.parametrize("field", LEAD_LENGTHS_MAX)
def test_a_text_goes_the_short_and_the_long_way_under_its_own_label(field: str) -> None:
    sent: dict[str, object] = {"email": "a@b.c", field: " x "}
    assert getattr(parse_json(msgspec.json.encode(sent)), field) == "x"
    assert getattr(parse_fields(sent), field) == "x"
    assert field_of_label(field.replace("_", "-").upper()) == field


@pytest.mark.parametrize("field", [*LATEST_FIELDS, *FIRST_TOUCH_FIELDS])
def test_a_captured_field_is_merged_stored_and_told_by_events(field: str) -> None:
    sent = capture(**{"source": "paid", field: "x"})
    contact = new_contact(sent)
    changes = merge_capture(contact, sent)
    data = msgspec.json.decode(contact_event("evt_1", "t", contact, changes, sent.received_at).data)
    assert getattr(contact, field) == data[field] == "x"
    assert field in changes
    assert field in [column.column_name for column in columns_for(Contacts, Contact)]


@pytest.mark.parametrize("field", CONTACT_LENGTHS_MAX)
def test_a_keyed_caller_sets_sees_and_clears_a_text(field: str) -> None:
    contact = new_contact(capture())
    write_ids = [first_ulid_at(at) for at in (2_000_000_000_000, 2_000_000_000_001)]
    assert edit_contact(contact, {field: "x"}, write_ids[0]) == [field]
    assert edit_contact(contact, {field: None}, write_ids[1]) == [field]
    assert field in ContactView.__struct_fields__
    for kind in (NewContact, ContactEdit):
        body = msgspec.json.encode({"email": "a@b.c", field: " x "})
        assert edits_of(read_body(body, kind)) == {field: "x"}
        too_long = msgspec.json.encode({"email": "a@b.c", field: "x" * 501})
        with pytest.raises(Invalid) as refused:
            read_body(too_long, kind)
        assert list(refused.value.fields) == [field]


def test_a_visitor_reads_of_every_text_with_its_length() -> None:
    content = PUBLIC["/capture", "POST"]["requestBody"]["content"]
    for media_type in ("application/json", "multipart/form-data"):
        name = content[media_type]["schema"]["$ref"].rpartition("/")[2]
        properties = PUBLIC_BODIES[name]["properties"]
        assert {n: properties[n]["maxLength"] for n in LEAD_LENGTHS_MAX} == LEAD_LENGTHS_MAX
