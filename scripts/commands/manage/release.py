"""`manage migrate`, also called release: what every start of the product needs first."""

from __future__ import annotations

from argparse import Namespace

from app.domain.errors import Conflict
from app.domain.org.api_key import describe_key, generate_key
from app.domain.org.org import Org
from app.storage.database import Cursor, open_database, transaction
from app.storage.migrate import migrate, pending
from app.storage.org import api_keys, orgs
from app.storage.secret_key import cipher_of, ensure_check_value
from scripts.commands.manage.command_line import Command, option
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.orgs import insert_key, insert_org


def release(operator: Operator, arguments: Namespace) -> object:
    """Bring the schema up to date; make the default org and its first key when there are none.

    Always answers with one line of JSON. With --check it changes nothing, and the status is 1 when
    migrations are pending.
    """
    arguments.json = True
    settings = operator.settings
    if arguments.check:
        return _check(settings.database_url)
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


def _check(database_url: str) -> object:
    if missing := pending(database_url):
        raise Conflict(f"Pending: {', '.join(missing)}. Run ./scripts/manage migrate")
    return {"pending": []}


def _first_key(cursor: Cursor, org: Org, wanted: str | None) -> str | None:
    if wanted:
        insert_key(cursor, org, "bootstrap", describe_key(wanted))
        return wanted
    if api_keys.count(cursor, org.id):
        return None
    key = generate_key("live")
    insert_key(cursor, org, "first", key)
    return key.text


_CHECK = option("--check", action="store_true", help="only say what is missing")

COMMANDS = (Command("migrate", release, _CHECK), Command("release", release, _CHECK))
