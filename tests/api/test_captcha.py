"""An org's captcha through the API: its secret goes in and never comes out."""

from __future__ import annotations

import pytest

from app.domain.org.org import Org
from app.domain.spam.captcha import CaptchaProvider, CaptchaToken
from app.domain.times import now
from app.storage import secret_key
from app.storage.database import Database, transaction
from app.storage.recording import record
from app.storage.secret_cipher import SecretCipher
from tests.asgi import Client
from tests.factories import CIPHER, make_capture

SECRET = "0x4AAAAAAA-s3cret"
EDIT = {"captcha": {"provider": "turnstile", "secret": SECRET}}
TOKEN = CaptchaToken(CaptchaProvider.TURNSTILE, "t0ken")
NEW = b"n" * 32


def stored_secret(database: Database) -> bytes | None:
    with transaction(database) as cursor:
        cursor.execute("SELECT captcha_secret FROM orgs")
        (secret,) = cursor.fetchone() or (None,)
    return None if secret is None else bytes(secret)


def test_a_secret_is_kept_encrypted_and_shown_to_nobody(ask: Client, database: Database) -> None:
    assert ask("GET", "/org").json["data"]["captcha"] is None
    replies = [ask("PATCH", "/org", EDIT), ask("GET", "/org"), ask("GET", "/audit")]

    assert replies[0].json["data"]["captcha"] == {"provider": "turnstile"}
    assert replies[1].json == replies[0].json
    assert '"settings":["captcha"]' in replies[2].body.decode().replace(" ", "")
    assert not [reply for reply in replies if SECRET in reply.body.decode()]
    assert CIPHER.decrypt(stored_secret(database) or b"") == SECRET
    with transaction(database) as cursor:
        cursor.execute("SELECT (to_jsonb(o) - 'captcha_secret')::text FROM orgs o")
        assert SECRET not in str(cursor.fetchone())

    ask("PATCH", "/org", {"min_fill_ms": 5})  # leaves it alone
    assert CIPHER.decrypt(stored_secret(database) or b"") == SECRET
    assert ask("PATCH", "/org", {"captcha": None}).json["data"]["captcha"] is None
    assert stored_secret(database) is None


@pytest.mark.parametrize(
    "captcha",
    [
        {"provider": "friendly", "secret": SECRET},
        {"provider": "turnstile"},
        {"provider": "turnstile", "secret": ""},
        {"provider": "turnstile", "secret": f"{SECRET} with a space"},
        {"provider": "turnstile", "secret": SECRET * 50},
        {"provider": "turnstile", "secret": SECRET, "sitekey": "1"},
        SECRET,
    ],
)
def test_a_captcha_that_makes_no_sense_is_refused_without_an_echo(
    ask: Client, database: Database, captcha: object
) -> None:
    reply = ask("PATCH", "/org", {"captcha": captcha})
    assert reply.status == 422
    assert SECRET not in reply.body.decode()
    assert stored_secret(database) is None


def test_a_change_of_the_key_covers_the_secret(ask: Client, database: Database, org: Org) -> None:
    ask("PATCH", "/org", EDIT)
    both, alone = SecretCipher(NEW, b"k" * 32), SecretCipher(NEW)
    with transaction(database) as cursor:
        lost = secret_key.reencrypt_captchas(cursor, alone)
        done = secret_key.reencrypt_captchas(cursor, both)
        again = secret_key.reencrypt_captchas(cursor, both)
    assert (lost.changed, lost.unreadable) == (0, [org.id])
    assert (done.changed, done.unreadable, again.changed) == (1, [], 0)
    assert alone.decrypt(stored_secret(database) or b"") == SECRET


def test_captures_list_their_verification(ask: Client, database: Database, org: Org) -> None:
    captures = [make_capture(org), make_capture(org, captcha=TOKEN)]
    held = make_capture(org, "bot@example.com", captcha=TOKEN, quarantine="honeypot")
    with transaction(database) as cursor:
        record(cursor, [*captures, held], now())
    path = f"/contacts/{captures[0].contact_id}/captures?sort=received_at"
    replies = [ask("GET", path), ask("GET", "/captures")]
    listed = [each["verification"] for reply in replies for each in reply.json["data"]]
    assert listed == [None, "pending", "pending"]
    assert "t0ken" not in "".join(reply.body.decode() for reply in replies)

    released = ask("POST", f"/captures/{held.id}/release").json["data"]
    assert released["verification"] == "pending"


def test_an_erased_persons_tokens_are_dropped(ask: Client, database: Database, org: Org) -> None:
    captures = [make_capture(org, captcha=TOKEN) for _ in range(2)]
    with transaction(database) as cursor:
        record(cursor, captures[:1], now())
    path = f"/contacts/{captures[0].contact_id}?erase=true"
    assert ask("DELETE", path).status == 204
    with transaction(database) as cursor:
        record(cursor, captures[1:], now())  # it was on its way
        cursor.execute("SELECT verification FROM captures ORDER BY id")
        left = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM verifications")
        assert (left, cursor.fetchone()) == (["unverified"] * 2, (0,))
