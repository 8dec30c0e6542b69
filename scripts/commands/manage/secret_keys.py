"""`manage secrets`: what is encrypted with SECRET_KEY."""

from __future__ import annotations

from argparse import Namespace

from app.domain.errors import Conflict
from app.storage import secret_key
from app.storage.database import transaction
from app.storage.org import audit
from scripts.commands.manage.command_line import Command, option
from scripts.commands.manage.operator import Operator


def reencrypt(operator: Operator, arguments: Namespace) -> object:
    """Encrypt webhooks' secrets and headers and captchas' secrets with SECRET_KEY.

    SECRET_KEY_PREVIOUS reads them, and is not needed any more afterwards. Webhooks and orgs whose
    secrets neither key can read are named; with --abandon the start accepts that, and each of them
    needs a new secret.
    """
    cipher, database = operator.services.cipher, operator.services.database
    with transaction(database) as cursor:
        _, changed, unreadable = secret_key.reencrypt_captchas(cursor, cipher)
    after = ""
    while True:
        with transaction(database) as cursor:
            step = secret_key.reencrypt(cursor, cipher, after)
        if step is None:
            break
        changed, after = changed + step.changed, step.reached
        unreadable += step.unreadable
    if unreadable and not arguments.abandon:
        raise Conflict(
            f"{changed} done; neither SECRET_KEY nor SECRET_KEY_PREVIOUS reads the secrets"
            f" of {', '.join(unreadable[:20])}: set the right one, or give them up with --abandon"
            " and give each a new secret"
        )
    with transaction(database) as cursor:
        secret_key.replace_check_value(cursor, cipher)
        action, by = "secrets.reencrypted", audit.MANAGE
        audit.note(cursor, action, actor=by, org_id=None, webhooks=changed, abandoned=unreadable)
    return {"reencrypted": changed, "abandoned": unreadable}


COMMANDS = (
    Command(
        "secrets reencrypt",
        reencrypt,
        option("--abandon", action="store_true", help="accept that some cannot be read any more"),
    ),
)
