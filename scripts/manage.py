"""`./scripts/manage`: what an operator does by hand."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys

from app.domain.api_key import Scope, describe_key, generate_key
from app.domain.errors import RexError
from app.domain.ids import new_id
from app.domain.org import Org, OrgSettings
from app.domain.times import now
from app.storage import api_keys, orgs
from app.storage.database import Cursor, open_database, transaction
from app.storage.migrate import migrate
from config.settings import EXIT_CONFIGURATION, BadSetting, Settings, read_settings


def release(settings: Settings, arguments: argparse.Namespace) -> object:
    """Bring the schema up to date; make the default org and its first key when there are none."""
    migrate(settings.database_url)
    with transaction(open_database(settings.database_url)) as cursor:
        org = orgs.find_by_slug(cursor, settings.default_org)
        if org is None:
            org = create_org(cursor, settings.default_org)
        return {"org": org.slug, "api_key": _first_key(cursor, org, settings.bootstrap_api_key)}


def create_org(cursor: Cursor, slug: str) -> Org:
    """A new org with that name."""
    org = Org(new_id("org"), slug, now(), secrets.token_bytes(32), OrgSettings())
    orgs.insert(cursor, org)
    return org


def _first_key(cursor: Cursor, org: Org, wanted: str | None) -> str | None:
    if wanted:
        api_keys.insert(cursor, org.id, "bootstrap", Scope.READ_WRITE, describe_key(wanted))
        return wanted
    if api_keys.count(cursor, org.id):
        return None
    key = generate_key("live")
    api_keys.insert(cursor, org.id, "first", Scope.READ_WRITE, key)
    return key.text


def main(arguments: list[str]) -> int:
    """Run one command; the exit status."""
    parser = argparse.ArgumentParser(prog="manage", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    command = commands.add_parser("release", help=release.__doc__)
    command.set_defaults(run=release)
    parsed = parser.parse_args(arguments)
    try:
        settings = read_settings(os.environ)
        print(json.dumps(parsed.run(settings, parsed)))
    except BadSetting as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIGURATION
    except RexError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
