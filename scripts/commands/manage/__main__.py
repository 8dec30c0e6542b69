"""`./scripts/manage`, or `rex manage` where it is installed: what an operator does by hand.

Beside a running ./scripts/dev it finds the system by itself; elsewhere DATABASE_URL, REDIS_URL and
SECRET_KEY say which one. Tables for people, --json for machines.

Exit status: 0 done, 1 refused (with the reason in one line) or, of doctor, something is wrong,
2 wrong usage, 69 a server cannot be reached, 78 a setting is wrong.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys

import psycopg2
import redis

from app.domain.errors import RexError, Unavailable
from config.settings import EXIT_CONFIGURATION, BadSetting
from scripts.commands.manage import (
    audit_log,
    captures,
    dead_letters,
    deliveries,
    doctor,
    keys,
    orgs,
    persons,
    release,
    replays,
    retention,
    secret_keys,
    stats,
    users,
    webhooks,
)
from scripts.commands.manage.command_line import make_parser
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.output import Listing, as_json, as_text, shown
from scripts.commands.manage.system_settings import find_settings

#: A server cannot be reached (EX_UNAVAILABLE of sysexits.h).
EXIT_UNAVAILABLE = 69

#: What has verbs, and what it is.
_NOUNS = {
    "orgs": "tenants, each with its own host name",
    "keys": "API keys",
    "users": "people who may sign in to the console",
    "webhooks": "subscriptions to events",
    "deliveries": "events for webhooks, sent or to be sent",
    "replays": "past events sent again",
    "quarantine": "captures held back as likely spam",
    "rejected": "captures that could not be recorded",
    "person": "everything stored about one person",
    "secrets": "what SECRET_KEY encrypts",
    "dead-letters": "jobs that failed too often",
    "retention": "the deletion of old data",
    "audit": "who changed what, and when",
}
_MODULES = (
    *(release, orgs, keys, users, webhooks, deliveries, replays, captures, persons, secret_keys),
    *(dead_letters, retention, audit_log, stats, doctor),
)


def main(arguments: list[str], prog: str = "manage") -> int:
    """Run one command; the exit status."""
    commands = [command for module in _MODULES for command in module.COMMANDS]
    parsed = make_parser(prog, __doc__, _NOUNS, commands).parse_args(arguments)
    for told_by_the_answer in ("config.outage", "app.storage.retention.retention_run"):
        logging.getLogger(told_by_the_answer).addHandler(logging.NullHandler())
    try:
        return _run(parsed)
    except BadSetting as error:
        return _fail(str(error), EXIT_CONFIGURATION)
    except Unavailable as error:
        return _fail(_reason(error), EXIT_UNAVAILABLE)
    except redis.RedisError as error:
        return _fail(f"Redis cannot be reached: {error}", EXIT_UNAVAILABLE)
    except RexError as error:
        return _fail(error.message, 1)
    except psycopg2.errors.UndefinedTable:
        return _fail("The database has no tables yet: run ./scripts/manage release", 1)
    except KeyboardInterrupt:
        return 130


def _run(parsed: argparse.Namespace) -> int:
    operator = Operator(find_settings(os.environ), parsed.org)
    try:
        found = parsed.run(operator, parsed)
    finally:
        operator.close()
    print(as_json(found) if parsed.json else as_text(found), flush=True)
    return found.exit_status if isinstance(found, Listing) else 0


def _reason(error: Unavailable) -> str:
    """What the server's driver says, rather than that it is away."""
    if error.__cause__ is None:
        return error.message
    return f"The database cannot be reached: {error.__cause__}"


def _fail(reason: str, status: int) -> int:
    first_line = reason.strip().partition("\n")[0]
    print(f"manage: {shown(first_line)}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
