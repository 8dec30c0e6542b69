"""API keys, for holders of a read-write key: create, list, revoke."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from app.api.bodies import cleaned_text, read_body
from app.api.call import Answer, Call, existing
from app.api.lists import Page, make_sorted_page
from app.api.operation import Operation, describe
from app.api.queries import SortedQuery, read_query
from app.api.views import view_of
from app.domain.errors import Forbidden
from app.domain.org.api_key import Scope, generate_key
from app.storage.database import transaction
from app.storage.org import api_keys
from app.storage.org.api_keys import ListedKey

_TAG = "API keys"


class NewApiKey(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /apikeys` takes."""

    name: Annotated[str, Meta(max_length=200)] | None = None
    scope: Scope = Scope.READ_WRITE
    kind: Literal["live", "test"] = "live"


class KeyQuery(SortedQuery):
    """What `GET /apikeys` takes."""

    sort: Literal["created_at", "-created_at"] = "created_at"


class KeyView(msgspec.Struct, kw_only=True):
    """A key without its secret."""

    id: str
    name: str | None
    prefix: str
    last4: str
    scope: Scope
    created_at: str
    revoked_at: str | None


class KeyWithText(msgspec.Struct):
    """The only answer that shows a key's secret."""

    data: KeyView
    key: str


@describe(Operation(_TAG, {201: KeyWithText}, body=NewApiKey))
def create_key(call: Call) -> Answer:
    """Create a key. It is not shown again."""
    _check_may(call)
    wanted = read_body(call.body, NewApiKey)
    key = generate_key(wanted.kind)
    with transaction(call.services.database) as cursor:
        name = cleaned_text(wanted.name)
        key_id = api_keys.insert(cursor, call.org.id, name, wanted.scope, key)
        listed = api_keys.find(cursor, call.org.id, key_id)
        call.note(cursor, "key.created", key_id, scope=wanted.scope)
    assert listed is not None
    call.services.tenants.refresh()
    return Answer(KeyWithText(view(listed), key.text), status=201)


@describe(Operation(_TAG, {200: Page[KeyView]}, query=KeyQuery))
def list_keys(call: Call) -> Answer:
    """The org's keys, including revoked ones, by default in the order of creation."""
    _check_may(call)
    query = read_query(call.query, KeyQuery)
    with transaction(call.services.database) as cursor:
        rows = api_keys.page(
            cursor,
            call.org.id,
            query.after,
            query.limit + 1,
            newest_first=query.newest_first,
        )
    return Answer(make_sorted_page(KeyView, rows, query, view))


@describe(Operation(_TAG, {204: None}))
def revoke_key(call: Call) -> Answer:
    """Revoke a key, even the one in use. It is refused everywhere within a second."""
    _check_may(call)
    wanted = call.id_in_path("key", "API key")
    with transaction(call.services.database) as cursor:
        existing(api_keys.find(cursor, call.org.id, wanted), "API key")
        if api_keys.revoke(cursor, call.org.id, wanted):
            call.note(cursor, "key.revoked", wanted)
    call.services.tenants.refresh()
    return Answer(status=204)


def view(key: ListedKey) -> KeyView:
    """A key as callers see it."""
    return view_of(KeyView, key)


def _check_may(call: Call) -> None:
    if call.key.scope is not Scope.READ_WRITE:
        raise Forbidden("Only a read-write key can see and change API keys")
