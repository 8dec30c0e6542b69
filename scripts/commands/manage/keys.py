"""`manage keys`: an org's API keys."""

from __future__ import annotations

from argparse import Namespace

from app.api import apikeys
from app.domain.org.api_key import KINDS, Scope
from scripts.commands.manage.command_line import Command, id_of, listing, option
from scripts.commands.manage.operator import Operator


def list_keys(operator: Operator, arguments: Namespace) -> object:
    """An org's keys by their last characters, revoked ones among them."""
    found = operator.list(apikeys.list_keys, arguments.limit)
    return listing(found, "id", "name", "scope", "prefix", "last4", "created_at", "revoked_at")


def create_key(operator: Operator, arguments: Namespace) -> object:
    """Make a key, which is shown this once."""
    wanted = {"name": arguments.name, "scope": arguments.scope, "kind": arguments.kind}
    answer = operator.ask(apikeys.create_key, body=wanted)
    return {**answer["data"], "key": answer["key"]}


def revoke_key(operator: Operator, arguments: Namespace) -> object:
    """Revoke a key; within a second it is refused everywhere."""
    operator.ask(apikeys.revoke_key, arguments.id)
    return {"id": arguments.id, "revoked": True}


COMMANDS = (
    Command("keys list", list_keys, lists=True),
    Command(
        "keys create",
        create_key,
        option("--name"),
        option("--scope", choices=[str(scope) for scope in Scope], default="read-write"),
        option("--kind", choices=KINDS, default="live"),
    ),
    Command("keys revoke", revoke_key, id_of("KEY")),
)
