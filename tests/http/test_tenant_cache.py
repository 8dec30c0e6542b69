"""Orgs and keys in memory, as the database has them; the last known state while it is away."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.errors import Forbidden, NotFound, StorageUnavailable, Unauthenticated, Unavailable
from app.domain.org.api_key import ApiKey, Scope, generate_key
from app.domain.system.clock_skew import clock_skew
from app.http import failed_authentications
from app.http.authenticator import RequestAuthenticator
from app.http.clock_warning import ClockWarning
from app.http.tenant_cache import TenantCache
from app.storage.database import Database, drop_connection, open_database, transaction
from app.storage.org import api_keys
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


def test_only_what_has_changed_is_read(database: Database, tenants: TenantCache) -> None:
    first = make_org(database, "acme")
    tenants.refresh()
    known = tenants.org(first.id)

    make_org(database, "globex")
    tenants.refresh()

    assert tenants.org(first.id) is known


def test_a_new_key_and_a_new_org_are_known_as_soon_as_they_are_asked_for(
    database: Database, tenants: TenantCache, authenticator: RequestAuthenticator
) -> None:
    org, key = make_org(database), generate_key("live")
    with transaction(database) as cursor:
        api_keys.insert(cursor, org.id, None, Scope.READ, key)

    def identify() -> str:
        found = authenticator.org_at("acme.rex.test")
        return authenticator.key_for(found, key.text, "GET", "/contacts").org_id

    found = asyncio.run(authenticator.identified("acme.rex.test", key.text, identify))

    assert found == org.id


class Counting(TenantCache):
    """A cache that counts its questions."""

    questions = 0

    def refresh(self) -> None:
        self.questions += 1
        super().refresh()


def test_wrong_keys_are_asked_for_once_and_together(database: Database) -> None:
    make_org(database)
    cache = Counting(database)
    cache.refresh()

    async def ask() -> None:
        for _ in range(3):
            await asyncio.gather(*(cache.learn("acme", f"rex_live_{n}") for n in range(50)))

    asyncio.run(ask())

    assert cache.questions == 2


def test_a_database_from_a_dump_replaces_what_was_known(
    database: Database, tenants: TenantCache
) -> None:
    org = make_org(database)
    tenants.refresh()
    with transaction(database) as cursor:
        cursor.execute("DELETE FROM orgs")
        cursor.execute("UPDATE directory SET version = 1")

    tenants.refresh()

    assert tenants.org(org.id) is None


def test_failed_authentications_are_counted_in_the_audit_log(
    database: Database, tenants: TenantCache, authenticator: RequestAuthenticator
) -> None:
    org = make_org(database)
    tenants.refresh()

    def identify() -> ApiKey:
        return authenticator.key_for(org, "rex_live_wrong", "GET", "/contacts")

    for _ in range(3):
        with pytest.raises(Unauthenticated):
            asyncio.run(authenticator.identified("acme.rex.test", "rex_live_wrong", identify))
    failed_authentications.flush(database, authenticator)
    failed_authentications.flush(database, authenticator)

    with transaction(database) as cursor:
        cursor.execute("SELECT org_id, actor, action, details FROM audit_log")
        assert cursor.fetchall() == [
            (
                org.id,
                "anonymous",
                "authentication.failed",
                {"code": "unauthenticated", "count": 3},
            )
        ]


@pytest.mark.parametrize(
    ("database_at", "expected"), [(100.5, 0.0), (98.0, 2.0), (103.0, -2.0), (101.0, 0.0)]
)
def test_a_clock_is_wrong_only_if_it_cannot_be_right(database_at: float, expected: float) -> None:
    assert clock_skew(database_at, asked_at=100.0, answered_at=101.0) == expected


def test_a_skewed_clock_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = ClockWarning()
    for ahead in (2.0, 2.0, 0.0, -2.0):
        clock.note(database_at=100.0, asked_at=100.0 + ahead, answered_at=100.1 + ahead)

    told = [each.__dict__["seconds_ahead_of_database"] for each in caplog.records]
    assert told == pytest.approx([2.0, -1.9])
