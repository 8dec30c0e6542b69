"""`manage person`: everything that is stored of one person, by address or contact id."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from app.api import contacts, person_export, persons
from scripts.commands.manage.command_line import Command, option
from scripts.commands.manage.operator import Operator
from scripts.commands.manage.output import Listing


def list_person(operator: Operator, arguments: Namespace) -> object:
    """What is stored of a person: one line for each row."""
    found = _export(operator, arguments.who)
    rows: list[dict[str, object]] = [_row("id", {"id": each}) for each in found["ids"]]
    rows += [_row("address", {"id": each}) for each in found["emails"]]
    if found["contact"]:
        rows.append(_row("contact", found["contact"]))
    for kind in ("captures", "waiting", "events", "deliveries", "attempts"):
        rows += [_row(kind.removesuffix("s"), each) for each in found[kind]]
    return Listing(rows, ("what", "id", "at", "status"))


def export_person(operator: Operator, arguments: Namespace) -> object:
    """Everything that is stored of a person, as one JSON object."""
    arguments.json = True
    return _export(operator, arguments.who)


def erase_person(operator: Operator, arguments: Namespace) -> object:
    """Erase a person from every table and queue; docs/privacy.md says what stays for how long."""
    who = arguments.who
    if "@" in who:
        operator.ask(persons.erase_by_address, body={"email": who})
    else:
        operator.ask(contacts.delete_contact, who, {"erase": "true"})
    return {"erased": True}


def _export(operator: Operator, who: str) -> dict[str, Any]:
    if "@" in who:
        found = operator.ask(person_export.export_by_address, body={"email": who})
    else:
        found = operator.ask(person_export.export_by_id, who)
    return dict(found)


def _row(what: str, item: dict[str, object]) -> dict[str, object]:
    times = ("received_at", "occurred_at", "started_at", "created_at")
    at = next((item[name] for name in times if name in item), None)
    status = next((item[name] for name in ("status", "type", "stage") if name in item), None)
    return {"what": what, "id": item.get("id"), "at": at, "status": status}


_WHO = option("who", metavar="ADDRESS_OR_ID")

COMMANDS = (
    Command("person list", list_person, _WHO),
    Command("person export", export_person, _WHO),
    Command("person erase", erase_person, _WHO),
)
