"""SECRET_KEY and what was encrypted with it: checked at every start, encrypted anew after a change.

A known text that was encrypted with the key (the check value) tells whether the settings have the
key of this database. Without it everything would start, and no delivery could be signed.
"""

from __future__ import annotations

from typing import NamedTuple

import psycopg2.errors

from app.domain.errors import StorageUnavailable
from app.domain.webhook.webhook import WebhookStatus
from app.storage.database import Cursor, drop_connection, execute, fetch, open_database, transaction
from app.storage.models import Orgs, SecretCheck, Webhooks
from app.storage.secret_cipher import SecretCipher, UnreadableSecret
from config.settings import BadSetting, Settings

_TEXT = "rex-capture"
#: Webhooks that one transaction encrypts anew.
STEP = 200


class Reencrypted(NamedTuple):
    """How far a step got, how many webhooks changed, and those that could not be read."""

    reached: str
    changed: int
    unreadable: list[str]


def cipher_of(settings: Settings) -> SecretCipher:
    """The cipher of a process."""
    return SecretCipher(settings.secret_key, settings.secret_key_previous)


def check_secret_key(settings: Settings) -> None:
    """Raises `BadSetting` if the database was encrypted with another key.

    While the database is away, or has no tables yet, nothing can be said.
    """
    database = open_database(settings.database_url)
    try:
        with transaction(database) as cursor:
            check(cursor, cipher_of(settings))
    except (StorageUnavailable, psycopg2.errors.UndefinedTable):
        pass
    finally:
        drop_connection(database)


def check(cursor: Cursor, cipher: SecretCipher) -> bool:
    """Whether there is a check value. Raises `BadSetting` if it was made with another key."""
    stored = fetch(cursor, SecretCheck.select(SecretCheck.encrypted), bytes)
    if not all(map(cipher.can_decrypt, stored)):
        _refuse()
    return bool(stored)


def ensure_check_value(cursor: Cursor, cipher: SecretCipher) -> None:
    """Make the check value if there is none. Raises `BadSetting` if the key is another one."""
    if check(cursor, cipher):
        return
    secrets = Webhooks.select(Webhooks.secret).where(Webhooks.status != WebhookStatus.DELETED)
    latest = fetch(cursor, secrets.order_by(Webhooks.id.desc()).limit(STEP), bytes)
    if latest and not any(map(cipher.can_decrypt, latest)):
        _refuse()
    replace_check_value(cursor, cipher)


def replace_check_value(cursor: Cursor, cipher: SecretCipher) -> None:
    """Make the key of the settings that of the database."""
    execute(cursor, SecretCheck.delete())
    execute(cursor, SecretCheck.insert(encrypted=cipher.encrypt(_TEXT)))


def reencrypt(cursor: Cursor, cipher: SecretCipher, after: str) -> Reencrypted | None:
    """Encrypt the next webhooks' secrets and headers with the current key; None: no more."""
    columns = (Webhooks.id, Webhooks.secret, Webhooks.previous_secret, Webhooks.headers)
    some = Webhooks.select(*columns).where(Webhooks.id > after).order_by(Webhooks.id).limit(STEP)
    rows = fetch(cursor, some.for_update(), lambda *row: row)
    changed, unreadable = 0, []
    for webhook_id, secret, previous, headers in rows:
        its = Webhooks.id == webhook_id
        try:
            values: dict[str, object] = {
                "secret": cipher.renew(secret),
                "headers": cipher.encrypt_values(headers),
            }
        except UnreadableSecret:
            unreadable.append(webhook_id)
            continue
        if previous is not None:
            # One that cannot be read signs nothing any more.
            readable = cipher.can_decrypt(previous)
            values["previous_secret"] = cipher.renew(previous) if readable else None
        stored = {"secret": secret, "headers": headers, "previous_secret": previous}
        if values != {name: stored[name] for name in values}:
            changed += execute(cursor, Webhooks.update(**values).where(its))
    return Reencrypted(rows[-1][0], changed, unreadable) if rows else None


def reencrypt_captchas(cursor: Cursor, cipher: SecretCipher) -> Reencrypted:
    """Encrypt the secrets of all orgs' captchas with the current key."""
    some = Orgs.select(Orgs.id, Orgs.captcha_secret).where(Orgs.captcha_secret.is_null(False))
    rows = fetch(cursor, some.order_by(Orgs.id).for_update(), lambda *row: row)
    changed, unreadable = 0, []
    for org_id, secret in rows:
        try:
            renewed = cipher.renew(secret)
        except UnreadableSecret:
            unreadable.append(org_id)
            continue
        if renewed != bytes(secret):
            update = Orgs.update(captcha_secret=renewed)
            changed += execute(cursor, update.where(Orgs.id == org_id))
    return Reencrypted("", changed, unreadable)


def encrypt_headers(cursor: Cursor, cipher: SecretCipher, limit: int) -> int:
    """Encrypt headers that are stored as they were given, of up to `limit` webhooks; how many."""
    cursor.execute(
        "SELECT id, headers FROM webhooks WHERE EXISTS (SELECT FROM jsonb_each_text(headers)"
        " WHERE value NOT LIKE 'encrypted:%%') ORDER BY id LIMIT %s FOR UPDATE",
        (limit,),
    )
    rows = cursor.fetchall()
    for webhook_id, headers in rows:
        encrypted = Webhooks.update(headers=cipher.encrypt_values(headers))
        execute(cursor, encrypted.where(Webhooks.id == webhook_id))
    return len(rows)


def _refuse() -> None:
    raise BadSetting(
        "SECRET_KEY",
        "not the one that this database's webhook secrets were encrypted with;"
        " set that one, here or as SECRET_KEY_PREVIOUS, or see docs/privacy.md if it is lost",
    )
