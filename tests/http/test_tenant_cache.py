"""Orgs and keys in memory, as the database has them; the last known state while it is away."""

from __future__ import annotations

import pytest

from app.domain.api_key import Scope, generate_key
from app.domain.errors import Forbidden, NotFound, StorageUnavailable, Unauthenticated, Unavailable
from app.http.authenticator import RequestAuthenticator
from app.http.tenant_cache import TenantCache
from app.storage import api_keys
from app.storage.database import Database, drop_connection, open_database, transaction
from tests.factories import make_org


@pytest.fixture
def tenants(database: Database) -> TenantCache:
    """A cache that has read once."""
    cache = TenantCache(database)
    cache.refresh()
    return cache


@pytest.fixture
def authenticator(tenants: TenantCache) -> RequestAuthenticator:
    return RequestAuthenticator(tenants, "rex.test", "acme", ())


def test_a_new_org_is_known_after_a_refresh(database: Database, tenants: TenantCache) -> None:
    org = make_org(database, "globex")
    assert tenants.org_named("globex") is None

    tenants.refresh()

    assert tenants.org_named("globex") == tenants.org(org.id) == org


def test_a_revoked_key_is_unknown_after_a_refresh(database: Database, tenants: TenantCache) -> None:
    org, key = make_org(database), generate_key("live")
    with transaction(database) as cursor:
        key_id = api_keys.insert(cursor, org.id, None, Scope.READ, key)
    tenants.refresh()
    known = tenants.key(key.text)
    assert known is not None
    assert known.org_id == org.id

    with transaction(database) as cursor:
        api_keys.revoke(cursor, org.id, key_id)
    tenants.refresh()

    assert tenants.key(key.text) is None


def test_without_a_database_nothing_is_known() -> None:
    nowhere = open_database("postgresql://nobody@127.0.0.1:1/none")
    cache = TenantCache(nowhere)
    authenticator = RequestAuthenticator(cache, "rex.test", "acme", ())

    with pytest.raises(StorageUnavailable):
        cache.refresh()
    assert not cache.loaded
    with pytest.raises(Unavailable):
        authenticator.org_at("acme.rex.test")
    drop_connection(nowhere)


def test_a_host_names_its_org_and_any_other_the_default_one(
    database: Database, tenants: TenantCache, authenticator: RequestAuthenticator
) -> None:
    acme, globex = make_org(database, "acme"), make_org(database, "globex")
    tenants.refresh()

    assert authenticator.org_at("globex.rex.test:443") == globex
    assert authenticator.org_at("localhost") == acme
    with pytest.raises(NotFound):
        authenticator.org_at("initech.rex.test")


def test_a_key_opens_its_own_org_only_and_what_its_scope_allows(
    database: Database, tenants: TenantCache, authenticator: RequestAuthenticator
) -> None:
    acme, globex = make_org(database, "acme"), make_org(database, "globex")
    key = generate_key("live")
    with transaction(database) as cursor:
        api_keys.insert(cursor, acme.id, None, Scope.READ, key)
    tenants.refresh()

    assert authenticator.key_for(acme, key.text, "GET", "/contacts").org_id == acme.id
    for org, text in ((globex, key.text), (acme, "rex_live_wrong"), (acme, None)):
        with pytest.raises(Unauthenticated):
            authenticator.key_for(org, text, "GET", "/contacts")
    with pytest.raises(Forbidden):
        authenticator.key_for(acme, key.text, "POST", "/contacts")
