"""`manage release`: what every start of the product needs first."""

from __future__ import annotations

from argparse import Namespace

from app.domain.api_key import describe_key, generate_key
from app.domain.org import Org
from app.storage import api_keys, orgs
from app.storage.database import Cursor, open_database, transaction
from app.storage.migrate import migrate
from app.storage.secret_key import cipher_of, ensure_check_value
from scripts.commands.manage.command_line import Command
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.orgs import insert_key, insert_org


def release(operator: Operator, arguments: Namespace) -> object:
    """Bring the schema up to date; make the default org and its first key when there are none.

    Always answers with one line of JSON.
    """
    arguments.json = True
    settings = operator.settings
    database = open_database(settings.database_url)
    with transaction(database):
        pass  # reports an unreachable database in one line
    migrate(settings.database_url)
    with transaction(database) as cursor:
        ensure_check_value(cursor, cipher_of(settings))
        org = orgs.find_by_slug(cursor, settings.default_org)
        if org is None:
            org = insert_org(cursor, settings.default_org)
        return {"org": org.slug, "api_key": _first_key(cursor, org, settings.bootstrap_api_key)}


def _first_key(cursor: Cursor, org: Org, wanted: str | None) -> str | None:
    if wanted:
        insert_key(cursor, org, "bootstrap", describe_key(wanted))
        return wanted
    if api_keys.count(cursor, org.id):
        return None
    key = generate_key("live")
    insert_key(cursor, org, "first", key)
    return key.text


COMMANDS = (Command("release", release),)
