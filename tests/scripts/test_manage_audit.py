"""Every command that changes something leaves a row in the audit log."""

from __future__ import annotations

import base64

import pytest

from app.domain.org.org import Org
from app.domain.times import now
from app.storage.database import Database, transaction
from app.storage.recording import record
from app.storage.secret_cipher import SecretCipher
from app.storage.secret_key import ensure_check_value
from scripts.commands.manage.__main__ import _MODULES, main
from tests.factories import CIPHER, make_capture, make_org, make_webhook

#: Commands that change nothing.
READING = {
    *("orgs list", "keys list", "webhooks list", "webhooks show", "deliveries list"),
    *("deliveries show", "replays watch", "quarantine list", "rejected list", "person list"),
    *("dead-letters list", "stats", "audit list", "doctor", "users list"),
}
#: What the others are given, by names of ids, and the action in the log.
CHANGING = {
    "migrate": ([], "org.created"),
    "release": ([], "org.created"),
    "orgs create": (["globex"], "key.created"),
    "keys create": ([], "key.created"),
    "keys revoke": (["{key}"], "key.revoked"),
    "webhooks create": (["http://127.0.0.1:9/x"], "webhook.created"),
    "webhooks pause": (["{webhook}"], "webhook.updated"),
    "webhooks resume": (["{webhook}"], "webhook.updated"),
    "webhooks ping": (["{webhook}"], "webhook.pinged"),
    "webhooks rotate": (["{webhook}"], "webhook.secret_rotated"),
    "webhooks delete": (["{webhook}"], "webhook.deleted"),
    "deliveries retry": (["{delivery}"], "delivery.retried"),
    "replays create": (["--webhook", "{webhook}"], "replay.created"),
    "replays cancel": (["{replay}"], "replay.cancelled"),
    "orgs edit": (["--spam-mode", "quarantine"], "org.updated"),
    "users create": (["ada@example.com", "--role", "viewer"], "user.created"),
    "users link": (["eve@example.com"], "user.link_made"),
    "users role": (["eve@example.com", "operator"], "user.role_changed"),
    "users disable": (["eve@example.com"], "user.disabled"),
    "users enable": (["eve@example.com"], "user.enabled"),
    "users delete": (["eve@example.com"], "user.deleted"),
    "quarantine release": (["{held}"], "capture.released"),
    "quarantine spam": (["{held}"], "capture.marked_as_spam"),
    "quarantine not-spam": (["{held}"], "capture.marked_as_not_spam"),
    "person export": (["ada@example.com"], "person.exported"),
    "person erase": (["ada@example.com"], "person.erased"),
    "secrets reencrypt": ([], "secrets.reencrypted"),
    "dead-letters redrive": ([], "dead_letters.redriven"),
    "retention run": ([], "retention.run"),
}


@pytest.fixture(autouse=True)
def environ(database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "DATA_DIR": "none"}
    given |= {"SECRET_KEY": base64.b64encode(b"k" * 32).decode(), "ALLOW_PRIVATE_WEBHOOKS": "1"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def ids(database: Database, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What there is to change."""
    org = make_org(database, "initech")
    webhook, capture = make_webhook(database, org), make_capture(org)
    held = make_capture(org, "held@example.com", quarantine="honeypot")
    with transaction(database) as cursor:
        record(cursor, [capture, held], now())
    main(["keys", "create", "--org", org.slug])
    main(["users", "create", "eve@example.com", "--role", "viewer", "--org", org.slug])
    main(["replays", "create", "--webhook", webhook.id, "--org", org.slug])
    found = {"webhook": webhook.id, "held": held.id}
    with transaction(database) as cursor:
        for noun, table in (("delivery", "deliveries"), ("key", "api_keys"), ("replay", "replays")):
            cursor.execute(f"SELECT id FROM {table}")
            ((found[noun],),) = cursor.fetchall()
        cursor.execute("DELETE FROM audit_log")
    return found


def test_every_command_is_tried_here() -> None:
    names = {command.name for module in _MODULES for command in module.COMMANDS}
    assert names == READING | CHANGING.keys()


@pytest.mark.parametrize("command", CHANGING)
def test_a_command_that_changes_something_is_in_the_audit_log(
    database: Database, ids: dict[str, str], command: str
) -> None:
    arguments, action = CHANGING[command]
    given = [each.format(**ids) for each in arguments]

    assert main([*command.split(), *given, "--org", "initech"]) == 0

    with transaction(database) as cursor:
        cursor.execute("SELECT action, actor FROM audit_log")
        assert (action, "manage") in cursor.fetchall()


@pytest.fixture
def stored(database: Database) -> Org:
    """An org whose webhook and check value were encrypted with the key in the environment."""
    org = make_org(database)
    make_webhook(database, org)
    with transaction(database) as cursor:
        ensure_check_value(cursor, CIPHER)
    return org


def test_a_lost_key_is_named_at_the_release_and_can_be_given_up(
    database: Database,
    stored: Org,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SECRET_KEY", base64.b64encode(b"n" * 32).decode())

    assert main(["release"]) == 78
    assert capsys.readouterr().err.startswith("manage: SECRET_KEY: ")
    assert main(["secrets", "reencrypt"]) == 1
    assert "--abandon" in capsys.readouterr().err
    assert main(["release"]) == 78
    assert main(["secrets", "reencrypt", "--abandon"]) == 0
    assert main(["release"]) == 0


def test_after_a_reencryption_the_previous_key_is_not_needed(
    database: Database, stored: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (base64.b64encode(each * 32).decode() for each in (b"k", b"n"))
    monkeypatch.setenv("SECRET_KEY", new)
    monkeypatch.setenv("SECRET_KEY_PREVIOUS", old)

    assert main(["release"]) == 0
    assert main(["secrets", "reencrypt"]) == 0
    monkeypatch.delenv("SECRET_KEY_PREVIOUS")
    assert main(["release"]) == 0

    with transaction(database) as cursor:
        cursor.execute("SELECT secret FROM webhooks")
        ((secret,),) = cursor.fetchall()
    assert SecretCipher(b"n" * 32).can_decrypt(secret)
