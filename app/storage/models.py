"""The tables, one model each: the place where a column is named.

Columns that were shipped under another name keep it (`column_name`). The migrations make the
tables; a test compares the two. Queries over the models run by `execute`, `fetch` and `fetch_one`
(database.py), so no model is bound to a connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import (
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    Field,
    FloatField,
    IntegerField,
    Model,
    PostgresqlDatabase,
    TextField,
)
from playhouse.postgres_ext import (
    ArrayField,
    BinaryJSONField,
    DateTimeTZField,
    JSONField,
    TSVectorField,
)

from app.domain.contact.contact import Contact


class Table(Model):
    """A table, named as its model. The database only says which SQL to write."""

    class Meta:
        database = PostgresqlDatabase(None)
        legacy_table_names = False


def columns_for(model: type[Table], struct: type[Any]) -> list[Field[Any]]:
    """The columns that fill a struct (or named tuple), in the order of its fields."""
    names: Sequence[str] = getattr(struct, "__struct_fields__", None) or struct._fields
    return [getattr(model, name) for name in names]


def select(model: type[Table], struct: type[Any]) -> Any:
    """The query that fills structs from a table."""
    return model.select(*columns_for(model, struct))


def _id() -> Any:
    return TextField(primary_key=True, collation="C")


def _key(null: bool = False) -> Any:
    return TextField(null=True, collation="C") if null else TextField(collation="C")


def _json() -> Any:
    return BinaryJSONField(index=False)


class Orgs(Table):
    id = _id()
    slug = TextField(unique=True)
    created_at = DateTimeTZField()
    id_secret = BlobField()
    settings = _json()
    captcha_secret = BlobField(null=True)
    updated_at = DateTimeTZField()
    version = BigIntegerField()


class ApiKeys(Table):
    id = _id()
    org_id = _key()
    name = TextField(null=True)
    hash = BlobField(unique=True)
    prefix = TextField()
    last4 = TextField()
    scope = TextField()
    created_at = DateTimeTZField()
    revoked_at = DateTimeTZField(null=True)
    version = BigIntegerField()


class Directory(Table):
    """One row: the version of all orgs and keys."""

    version = BigIntegerField()

    class Meta:
        primary_key = False


class AuditLog(Table):
    id = _id()
    at = DateTimeTZField()
    org_id = _key(null=True)
    actor = _key()
    action = TextField()
    subject_id = _key(null=True)
    details = _json()


class SecretCheck(Table):
    """One row: a known text, encrypted with SECRET_KEY."""

    encrypted = BlobField()

    class Meta:
        primary_key = False


class Contacts(Table):
    id = _id()
    org_id = _key()
    email = TextField()
    stage = TextField()
    source = TextField()
    metadata = _json()
    created_at = DateTimeTZField()
    updated_at = DateTimeTZField()
    first_captured_at = DateTimeTZField(null=True)
    last_captured_at = DateTimeTZField(null=True)
    captures_count = IntegerField()
    sequence = IntegerField()
    write_ids = BinaryJSONField(index=False, column_name="stamps")
    edited_by_user_since = TextField(null=True, collation="C", column_name="tended_since")
    deleted_at = DateTimeTZField(null=True)
    erased_since = _key(null=True)
    attribution = _json()
    version = IntegerField()


# A contact's other fields are optional texts, which are named where they are defined.
for _name in Contact.__struct_fields__:
    if not hasattr(Contacts, _name):
        Contacts._meta.add_field(_name, TextField(null=True))


class ContactAliases(Table):
    id = _id()
    contact_id = _key()


class FormerAliases(Table):
    """Aliases of contacts that were deleted."""

    id = _key()
    contact_id = _key()

    class Meta:
        primary_key = CompositeKey("id", "contact_id")


class Captures(Table):
    id = _id()
    org_id = _key()
    contact_id = _key(null=True)
    status = TextField()
    reason = TextField(null=True)
    payload = JSONField()
    keyed = BooleanField()
    client_address = TextField(null=True)
    user_agent = TextField(null=True)
    referrer = TextField(null=True)
    spam_score = FloatField(null=True)
    spam_signals = BinaryJSONField(index=False, null=True)
    marked = TextField(null=True)
    verification = TextField(null=True)
    identity = TextField(null=True)


class Verifications(Table):
    """Captcha tokens that wait for their provider's word."""

    capture_id = _id()
    org_id = _key()
    provider = TextField()
    token = TextField()
    tries = IntegerField()
    next_try_at = DateTimeTZField()
    expires_at = DateTimeTZField()


class UnreadableJobs(Table):
    id = BigAutoField()
    queue = TextField()
    payload = BlobField()
    reason = TextField()
    created_at = DateTimeTZField()


class Fallback(Table):
    """Captures that were accepted while Redis was away."""

    id = BigAutoField()
    captures = JSONField()
    created_at = DateTimeTZField()

    class Meta:
        table_name = "inbox"


class Events(Table):
    id = _id()
    number = BigIntegerField()
    position = BigIntegerField(null=True)
    org_id = _key()
    type = TextField()
    contact_id = _key(null=True)
    sequence = IntegerField(null=True)
    occurred_at = DateTimeTZField()
    data = JSONField()
    form = TextField(null=True)


class Webhooks(Table):
    id = _id()
    org_id = _key()
    name = TextField()
    url = TextField()
    events = ArrayField(TextField, index=False)
    forms = ArrayField(TextField, index=False)
    secret = BlobField()
    previous_secret = BlobField(null=True)
    previous_secret_until = DateTimeTZField(null=True)
    headers = _json()
    metadata = _json()
    rate_limit = IntegerField(null=True)
    ordered = BooleanField()
    retry = BinaryJSONField(index=False, null=True)
    timeout_seconds = IntegerField(null=True)
    status = TextField()
    status_reason = TextField(null=True)
    created_at = DateTimeTZField()
    updated_at = DateTimeTZField()


class WebhookHealth(Table):
    webhook_id = _id()
    failure_count = IntegerField()
    exhausted_count = IntegerField()
    concurrency_limit = IntegerField(null=True, column_name="flow")
    circuit_open_until = DateTimeTZField(null=True, column_name="not_before")
    cooldown_until = DateTimeTZField(null=True, column_name="rest_until")
    next_permit_at = DateTimeTZField(null=True, column_name="paced_until")
    recovering = BooleanField()
    active_since = DateTimeTZField()
    last_success_at = DateTimeTZField(null=True)


class Deliveries(Table):
    id = _id()
    org_id = _key()
    webhook_id = _key()
    event_id = _key()
    event_type = TextField()
    contact_id = _key(null=True)
    sequence = IntegerField(null=True)
    status = TextField()
    attempts = IntegerField()
    failures = IntegerField()
    deferrals = IntegerField()
    next_attempt_at = DateTimeTZField(null=True)
    lease = BigIntegerField(null=True)
    leased_until = DateTimeTZField(null=True)
    holder = TextField(null=True)
    last_result = TextField(null=True)
    created_at = DateTimeTZField()
    reopened_at = DateTimeTZField(null=True)
    settled_at = DateTimeTZField(null=True)


class Attempts(Table):
    delivery_id = _key()
    number = IntegerField()
    id = _key()
    started_at = DateTimeTZField()
    status = IntegerField(null=True)
    error = TextField(null=True)
    error_detail = TextField(null=True)
    address = TextField(null=True)
    timings = _json()
    response_headers = _json()
    response_body = BlobField(null=True)
    result = TextField()
    next_attempt_at = DateTimeTZField(null=True)

    class Meta:
        primary_key = CompositeKey("delivery_id", "number")


class Replays(Table):
    id = _id()
    org_id = _key()
    webhook_id = _key()
    since = DateTimeTZField(null=True)
    until = DateTimeTZField(null=True)
    types = ArrayField(TextField, index=False, null=True)
    only_failed = BooleanField()
    status = TextField()
    total = IntegerField()
    done = IntegerField()
    reached = _key(null=True)
    created_at = DateTimeTZField()
    updated_at = DateTimeTZField()


class RetentionRuns(Table):
    deleted_from = TextField(primary_key=True, collation="C")
    rows = BigIntegerField()
    ran_at = DateTimeTZField()


class Processes(Table):
    """Every process, as it reported itself last."""

    name = TextField(primary_key=True, collation="C")
    report = _json()
    reported_at = DateTimeTZField()


class Users(Table):
    id = _id()
    org_id = _key()
    email = _key()
    role = TextField()
    password_hash = TextField(null=True)
    created_at = DateTimeTZField()
    disabled_at = DateTimeTZField(null=True)
    last_signed_in_at = DateTimeTZField(null=True)


class Sessions(Table):
    id = _id()
    user_id = _key()
    hash = BlobField(unique=True)
    previous_hash = BlobField(null=True)
    form_token = TextField()
    user_agent = TextField(null=True)
    created_at = DateTimeTZField()
    rotated_at = DateTimeTZField()
    used_at = DateTimeTZField()
    expires_at = DateTimeTZField()


class SignInLinks(Table):
    hash = BlobField(primary_key=True)
    user_id = _key()
    created_at = DateTimeTZField()
    expires_at = DateTimeTZField()


class CaptureWords(Table):
    capture_id = _id()
    words = TSVectorField(index=False)


class LeadHours(Table):
    org_id = _key()
    hour = DateTimeTZField()
    source = _key()
    status = _key()
    leads = IntegerField()

    class Meta:
        primary_key = CompositeKey("org_id", "hour", "source", "status")


class DeliveryHours(Table):
    org_id = _key()
    hour = DateTimeTZField()
    succeeded = IntegerField()
    failed = IntegerField()
    unsettled = IntegerField()
    p50_ms = IntegerField(null=True)
    p95_ms = IntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("org_id", "hour")
