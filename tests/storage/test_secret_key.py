"""SECRET_KEY: checked at the start, changed without losing a secret, its loss survived."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.times import now
from app.storage import secret_key
from app.storage.database import Database, transaction
from app.storage.delivery import claims
from app.storage.delivery.claims import Wanted
from app.storage.recording import record
from app.storage.secret_cipher import SecretCipher
from app.storage.webhook import endpoints, webhooks
from config.settings import EXIT_CONFIGURATION, BadSetting, Settings
from tests.factories import CIPHER, SECRET, make_capture, make_org, make_webhook
from workers.request import request_headers

OLD, NEW = b"k" * 32, b"n" * 32
CHECKOUT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url, "redis://127.0.0.1:1/0", OLD)


@pytest.fixture
def webhook_id(database: Database) -> str:
    """A webhook with a header, and the check value of the old key."""
    headers = CIPHER.encrypt_values({"Authorization": "Bearer t0ken"})
    webhook = make_webhook(database, make_org(database), headers=headers)
    with transaction(database) as cursor:
        secret_key.ensure_check_value(cursor, CIPHER)
    return webhook.id


def test_another_key_than_the_databases_is_refused_at_the_start(
    settings: Settings, webhook_id: str
) -> None:
    secret_key.check_secret_key(settings)
    with pytest.raises(BadSetting, match=r"^SECRET_KEY: .*SECRET_KEY_PREVIOUS"):
        secret_key.check_secret_key(replace(settings, secret_key=NEW))
    secret_key.check_secret_key(replace(settings, secret_key=NEW, secret_key_previous=OLD))


def test_a_start_does_not_wait_for_a_database_that_is_away(settings: Settings) -> None:
    secret_key.check_secret_key(replace(settings, database_url="postgresql://x@127.0.0.1:1/x"))


def test_no_check_value_is_made_with_a_key_that_opens_no_secret(database: Database) -> None:
    make_webhook(database, make_org(database))

    with pytest.raises(BadSetting), transaction(database) as cursor:
        secret_key.ensure_check_value(cursor, SecretCipher(NEW))


def test_after_a_reencryption_the_previous_key_is_not_needed(
    database: Database, webhook_id: str
) -> None:
    both = SecretCipher(NEW, OLD)
    with transaction(database) as cursor:
        webhooks.rotate_secret(cursor, webhook_id, CIPHER.encrypt("whsec_second"), now())
        done = secret_key.reencrypt(cursor, both, "")
        again = secret_key.reencrypt(cursor, both, "")
        endpoint = endpoints.lock(cursor, [webhook_id])[webhook_id]

    assert done == (webhook_id, 1, [])
    assert again == (webhook_id, 0, [])
    alone = SecretCipher(NEW)
    assert endpoint.previous_secret is not None
    opened = alone.decrypt(endpoint.secret), alone.decrypt(endpoint.previous_secret)
    assert opened == ("whsec_second", SECRET)
    assert alone.decrypt_values(endpoint.headers) == {"Authorization": "Bearer t0ken"}


def test_what_cannot_be_read_is_named_and_left_alone(database: Database, webhook_id: str) -> None:
    with transaction(database) as cursor:
        done = secret_key.reencrypt(cursor, SecretCipher(NEW), "")
        endpoint = endpoints.lock(cursor, [webhook_id])[webhook_id]

    assert done == (webhook_id, 0, [webhook_id])
    assert CIPHER.decrypt(endpoint.secret) == SECRET


def test_a_rotation_signs_again_although_the_secret_before_it_is_unreadable(
    database: Database,
) -> None:
    org, lost = make_org(database), SecretCipher(NEW)
    webhook = make_webhook(database, org)
    later = now().replace(year=now().year + 1)
    with transaction(database) as cursor:
        webhooks.rotate_secret(cursor, webhook.id, lost.encrypt("whsec_second"), later)
        endpoint = endpoints.lock(cursor, [webhook.id])[webhook.id]
        record(cursor, [make_capture(org)], now())
        (claimed,) = claims.claim(cursor, [Wanted(webhook.id, 1, 0, 30.0)], "worker")

    headers = request_headers(endpoint, claimed, b"{}", lost, now().timestamp())

    assert headers["X-Rex-Signature"]
    assert "X-Rex-Signature-Previous" not in headers


def test_headers_from_before_are_sent_as_they_are_and_encrypted_later(database: Database) -> None:
    webhook = make_webhook(database, make_org(database), headers={"X-Token": "t0ken"})
    with transaction(database) as cursor:
        before = endpoints.lock(cursor, [webhook.id])[webhook.id].headers
        assert secret_key.encrypt_headers(cursor, CIPHER, 10) == 1
        assert secret_key.encrypt_headers(cursor, CIPHER, 10) == 0
        after = endpoints.lock(cursor, [webhook.id])[webhook.id].headers

    assert before == {"X-Token": "t0ken"} == CIPHER.decrypt_values(before)
    assert "t0ken" not in str(after)
    assert CIPHER.decrypt_values(after) == {"X-Token": "t0ken"}


@pytest.mark.parametrize("arguments", [["app.serve"], ["workers.main", "scheduler"]], ids=" ".join)
def test_a_process_with_another_key_stops_with_status_78_and_one_line(
    database_url: str, webhook_id: str, arguments: list[str]
) -> None:
    environ = {"DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:1/0"}
    environ |= {"SECRET_KEY": base64.b64encode(NEW).decode(), "PORT": "1"}

    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=CHECKOUT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == EXIT_CONFIGURATION
    assert done.stderr.startswith("SECRET_KEY: not the one")
    assert done.stderr.count("\n") == 1
