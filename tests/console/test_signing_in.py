"""How people get in, and who does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network

import pytest
from starlette.applications import Starlette

from app.console import live
from app.console.signin import is_own_path
from app.domain.org.org import Org
from app.domain.org.user import Role, hash_token, may, password_problem, sign_in_address
from app.http import failed_authentications
from app.main import make_app
from app.storage.database import Database, transaction
from app.storage.org import audit, sessions, user_service, users
from config.settings import Settings
from tests.asgi import Client
from tests.console.conftest import SECRET_KEY, Admit, make_link, make_user
from tests.factories import make_org
from tests.visitor import Visitor, text_of

PASSWORD = "four plain words here"
SIGN_IN = "/console/sign-in"


@pytest.fixture
def proxied(database_url: str, redis_url: str, org: Org) -> Iterator[Client]:
    """The product behind a proxy."""
    settings = Settings(
        database_url=database_url,
        redis_url=redis_url,
        secret_key=SECRET_KEY,
        trusted_proxies=(ip_network("127.0.0.0/8"),),
    )
    client = Client(make_app(settings))
    client.start()
    yield client
    client.stop()


def actions(database: Database) -> list[str]:
    with transaction(database) as cursor:
        cursor.execute("SELECT action FROM audit_log ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def with_password(visitor: Visitor, password: str = PASSWORD, current: str = "") -> None:
    visitor.get("/console/account")
    reply = visitor.post("/console/account/password", {"new": password, "current": current})
    assert reply.status == 303, text_of(reply)


def try_password(client: Client, email: str, password: str, **headers: str) -> int:
    visitor = Visitor(client)
    visitor.get(SIGN_IN)
    return visitor.post(SIGN_IN, {"email": email, "password": password}, **headers).status


def test_a_link_signs_in_once_and_only_when_its_button_is_pressed(
    app: Starlette, client: Client, database: Database, org: Org
) -> None:
    link = make_link(database, make_user(database, org, "ada@example.com", Role.ADMIN))
    visitor, late = Visitor(client), Visitor(client)

    for _ in range(2):  # a program that looks at links does not use it up
        assert "ada@example.com" in text_of(visitor.get(link))
    late.get(link)
    assert "ada@example.com" in text_of(visitor.sign_in(link))

    reply = late.post(link)
    assert reply.status == 404
    assert "used already" in text_of(reply)
    assert late.get("/console/").status == 303
    failed_authentications.flush(database, app.state.services.authenticator)
    assert actions(database)[-2:] == ["session.started", "authentication.failed"]


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
    client: Client, database: Database, org: Org
) -> None:
    link = make_link(database, make_user(database, org, "ada@example.com", Role.VIEWER))
    visitor = Visitor(client)
    visitor.get(link)
    for cookie in visitor.post(link).cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
    with transaction(database) as cursor:
        token = visitor.cookies["rex_session"]
        assert sessions.find(cursor, org.id, hash_token(token)) is not None
        cursor.execute("SELECT sessions::text FROM sessions")
        assert token not in str(cursor.fetchall())


def test_a_password_signs_in_and_everything_else_is_refused_alike(
    client: Client, admit: Admit
) -> None:
    with_password(admit(Role.VIEWER, "ada@example.com"))

    assert try_password(client, " Ada@Example.com", PASSWORD) == 303
    assert try_password(client, "ada@example.com", PASSWORD + "!") == 401
    assert try_password(client, "nobody@example.com", PASSWORD) == 401
    assert try_password(client, "ada@example.com", "") == 401


def test_a_new_password_ends_the_other_sessions(client: Client, admit: Admit, org: Org) -> None:
    first = admit(Role.VIEWER, "ada@example.com")
    with_password(first)
    second = Visitor(client)
    second.get(SIGN_IN)
    second.post(SIGN_IN, {"email": "ada@example.com", "password": PASSWORD})
    assert second.get("/console/").status == 200

    wrong = first.post("/console/account/password", {"new": "other plain words", "current": "x"})
    assert wrong.status == 422
    with_password(first, "other plain words", PASSWORD)

    assert first.get("/console/").status == 200
    assert second.get("/console/").status == 303
    assert try_password(client, "ada@example.com", PASSWORD) == 401


def test_too_many_tries_for_one_user_have_to_wait(client: Client, org: Org) -> None:
    tries = [try_password(client, "ada@example.com", "wrong") for _ in range(12)]
    assert tries[0] == 401
    assert tries[-1] == 429
    assert try_password(client, "bob@example.com", "wrong") == 401


def test_whoever_has_many_addresses_of_one_network_is_one_client(proxied: Client) -> None:
    tries = [
        try_password(proxied, f"{n}@example.com", "wrong", x_forwarded_for=f"2001:db8:1:2::{n:x}")
        for n in range(1, 23)
    ]
    assert tries[0] == 401
    assert tries[-1] == 429


def test_a_link_that_fails_to_sign_in_is_not_used_up(
    client: Client, database: Database, org: Org
) -> None:
    link = make_link(database, make_user(database, org, "ada@example.com", Role.ADMIN))
    visitor = Visitor(client)
    visitor.get(link)
    with transaction(database) as cursor:
        cursor.execute("ALTER TABLE sessions RENAME TO sessions_away")
    with suppress(Exception):
        visitor.post(link)
    with transaction(database) as cursor:
        cursor.execute("ALTER TABLE sessions_away RENAME TO sessions")
    assert visitor.sign_in(link).status == 200


def test_a_new_password_ends_links_that_were_not_used(
    client: Client, admit: Admit, database: Database, org: Org
) -> None:
    visitor = admit(Role.VIEWER, "ada@example.com")
    with transaction(database) as cursor:
        user = users.find_by_email(cursor, org.id, "ada@example.com")
    assert user is not None
    link = make_link(database, user)
    assert Visitor(client).get(link).status == 200
    with_password(visitor)
    assert Visitor(client).get(link).status == 404


def test_the_current_password_cannot_be_guessed_without_end(admit: Admit) -> None:
    visitor = admit(Role.VIEWER)
    with_password(visitor)
    fields = {"new": "other plain words", "current": "wrong"}
    tries = [visitor.post("/console/account/password", fields).status for _ in range(12)]
    assert tries[0] == 422
    assert tries[-1] == 429


def test_a_disabled_user_is_out_at_once(client: Client, admit: Admit, database: Database) -> None:
    admin, other = admit(Role.ADMIN, "ada@example.com"), admit(Role.VIEWER, "bob@example.com")
    with transaction(database) as cursor:
        cursor.execute("SELECT id FROM users WHERE email = 'bob@example.com'")
        ((bob,),) = cursor.fetchall()
    admin.get("/console/users")
    assert "bob@example.com" in text_of(admin.follow(admin.post(f"/console/users/{bob}/disable")))
    assert other.get("/console/").status == 303


def test_a_deleted_user_is_out_at_once_and_gone(
    client: Client, admit: Admit, database: Database
) -> None:
    admin, other = admit(Role.ADMIN, "ada@example.com"), admit(Role.VIEWER, "bob@example.com")
    with transaction(database) as cursor:
        cursor.execute("SELECT id FROM users WHERE email = 'bob@example.com'")
        ((bob,),) = cursor.fetchall()
    admin.get("/console/users")
    reply = admin.follow(admin.post(f"/console/users/{bob}/delete"))
    assert "bob@example.com was deleted" in text_of(reply)
    assert "bob@example.com" not in text_of(admin.get("/console/users"))
    assert other.get("/console/").status == 303
    with transaction(database) as cursor:
        cursor.execute("SELECT count(*) FROM sessions WHERE user_id = %s", (bob,))
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT details FROM audit_log WHERE action = 'user.deleted' AND subject_id = %s",
            (bob,),
        )
        assert cursor.fetchall() == [({},)]


def test_the_last_admin_stays(admit: Admit, database: Database) -> None:
    admin = admit(Role.ADMIN, "ada@example.com")
    with transaction(database) as cursor:
        cursor.execute("SELECT id FROM users")
        ((ada,),) = cursor.fetchall()
    for verb, fields in (("disable", {}), ("delete", {}), ("role", {"role": "viewer"})):
        reply = admin.post(f"/console/users/{ada}/{verb}", fields)
        assert reply.status == 409
        assert "last admin" in text_of(reply)


def test_an_admin_makes_a_user_whose_link_works(client: Client, admit: Admit) -> None:
    admin = admit(Role.ADMIN)
    admin.get("/console/users")
    reply = admin.post("/console/users", {"email": "new@example.com", "role": "operator"})
    (link,) = {word for word in text_of(reply).split() if "/console/sign-in/" in word}
    path = "/" + link.split("/", 3)[3]
    assert link.startswith("http://localhost/")
    assert "new@example.com" in text_of(Visitor(client).sign_in(path))


def test_a_session_is_for_one_org(client: Client, admit: Admit, database: Database) -> None:
    make_org(database, "other")
    visitor = admit(Role.ADMIN)
    assert visitor.get("/console/").status == 200
    assert visitor.get("/console/", host="other.localhost").status == 303


def test_a_session_gets_another_token_each_day(admit: Admit, database: Database) -> None:
    visitor = admit(Role.VIEWER)
    before = dict(visitor.cookies)
    with transaction(database) as cursor:
        cursor.execute("UPDATE sessions SET rotated_at = now() - interval '25 hours'")
    assert visitor.get("/console/").status == 200
    assert visitor.cookies["rex_session"] != before["rex_session"]
    assert visitor.get("/console/").status == 200

    after, visitor.cookies = visitor.cookies, before
    assert visitor.get("/console/").status == 200  # a request that was under way
    with transaction(database) as cursor:
        cursor.execute("UPDATE sessions SET rotated_at = now() - interval '2 minutes'")
    assert visitor.get("/console/").status == 303
    visitor.cookies = after
    assert visitor.get("/console/").status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [("/console/users", 403), ("/console/no-such-page", 404), ("/console/changes", 200)],
)
def test_whatever_is_answered_brings_the_new_token(
    admit: Admit, database: Database, monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.0)
    visitor = admit(Role.VIEWER)
    with transaction(database) as cursor:
        cursor.execute("UPDATE sessions SET rotated_at = now() - interval '25 hours'")
    assert visitor.get(path).status == status
    with transaction(database) as cursor:
        cursor.execute("UPDATE sessions SET rotated_at = now() - interval '2 minutes'")
    assert visitor.get("/console/").status == 200


@pytest.mark.parametrize("column", ["used_at", "expires_at"])
def test_a_session_ends_by_itself(admit: Admit, database: Database, column: str) -> None:
    visitor = admit(Role.VIEWER)
    with transaction(database) as cursor:
        cursor.execute(f"UPDATE sessions SET {column} = now() - interval '8 days'")
    assert visitor.get("/console/").status == 303


def test_signing_out_ends_the_session_on_the_server(admit: Admit) -> None:
    visitor = admit(Role.VIEWER)
    kept = dict(visitor.cookies)
    assert "signed out" in text_of(visitor.follow(visitor.post("/console/sign-out")))
    visitor.cookies = kept
    assert visitor.get("/console/").status == 303


def test_a_link_and_an_older_page_lead_back(client: Client, admit: Admit) -> None:
    stranger = Visitor(client)
    reply = stranger.get("/console/users?q=1")
    assert reply.headers["location"] == "/console/sign-in?next=%2Fconsole%2Fusers%3Fq%3D1"
    with_password(admit(Role.ADMIN, "ada@example.com"))
    stranger.get(SIGN_IN)
    for wanted, led_to in (
        ("/console/users?q=1", "/console/users?q=1"),
        ("//evil.example", "/console/"),
    ):
        sent = {"email": "ada@example.com", "password": PASSWORD, "next": wanted}
        stranger.get(SIGN_IN)
        assert stranger.post(SIGN_IN, sent).headers["location"] == led_to


def test_a_page_for_a_browser_is_found_at_the_root(client: Client, org: Org) -> None:
    assert client("GET", "/", accept="text/html,*/*").headers["location"] == "/console/"
    reply = client("GET", "/", accept="*/*")
    assert (reply.status, reply.json["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        ("/console/", True),
        ("/console/leads?q=a", True),
        ("", False),
        ("/", False),
        ("//evil.example/console/", False),
        ("https://evil.example/console/", False),
        ("/console/\\evil.example", False),
        ("/console/\r\nx: y", False),
    ],
)
def test_after_signing_in_only_our_pages_are_next(path: str, is_ours: bool) -> None:
    assert is_own_path(path) is is_ours


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", "is too short"),
        ("x" * 201, "is too long"),
        ("ada@example.com", "is your address"),
        ("abababababab", "repeats itself"),
        (PASSWORD, None),
    ],
)
def test_a_password_has_to_be_hard_to_guess(password: str, problem: str | None) -> None:
    found = password_problem(password, "ada@example.com")
    assert (found is None) is (problem is None)
    assert (found or "").startswith(problem or "")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ada@Example.com ", "ada@example.com"),
        ("admin@localhost", "admin@localhost"),
        ("ada", None),
        ("a b@example.com", None),
        ("a@b@c", None),
        ("", None),
    ],
)
def test_an_address_to_sign_in_with(text: str, address: str | None) -> None:
    assert sign_in_address(text) == address


def test_each_role_may_do_what_the_one_before_may() -> None:
    allowed = {role: [needed for needed in Role if may(role, needed)] for role in Role}
    assert allowed == {
        Role.VIEWER: [Role.VIEWER],
        Role.OPERATOR: [Role.VIEWER, Role.OPERATOR],
        Role.ADMIN: [Role.VIEWER, Role.OPERATOR, Role.ADMIN],
    }


def test_a_link_of_a_disabled_user_is_not_made(database: Database, org: Org) -> None:
    user = make_user(database, org, "ada@example.com", Role.VIEWER)
    with transaction(database) as cursor:
        user_service.disable(cursor, user, audit.MANAGE)
        disabled = users.find(cursor, org.id, user.id)
    assert disabled is not None
    with transaction(database) as cursor, pytest.raises(Exception, match="disabled"):
        user_service.make_link(cursor, disabled, audit.MANAGE)


def test_behind_a_proxy_with_tls_cookies_are_for_tls_and_this_host_alone(
    proxied: Client, database: Database, org: Org
) -> None:
    visitor = Visitor(proxied, x_forwarded_proto="https", x_forwarded_for="203.0.113.7")
    link = make_link(database, make_user(database, org, "ada@example.com", Role.ADMIN))
    assert visitor.sign_in(link).status == 200
    assert visitor.cookies.keys() == {"__Host-rex_session"}
    visitor.get("/console/users")
    made = visitor.post("/console/users", {"email": "bob@example.com", "role": "viewer"})
    assert "https://localhost/console/sign-in/" in text_of(made)
    reply = visitor.get(SIGN_IN)
    assert all("Secure" in cookie for cookie in reply.cookies)


def test_the_console_can_be_switched_off(
    database_url: str, redis_url: str, database: Database
) -> None:
    make_org(database)
    off = Settings(
        database_url=database_url, redis_url=redis_url, secret_key=SECRET_KEY, console=False
    )
    client = Client(make_app(off))
    client.start()
    try:
        for path in ("/", "/console/", "/console/sign-in"):
            assert client("GET", path, accept="text/html").status == 404, path
        assert client("GET", "/healthz").status == 200
    finally:
        client.stop()
