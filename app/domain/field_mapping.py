"""From what was found about a person to the fields of a submission."""

from __future__ import annotations

from typing import NamedTuple

from app.domain.address import MalformedAddress, display_name, normalise
from app.domain.contact import SOURCES
from app.domain.fields import FULL_NAME, LENGTHS_MAX
from app.domain.full_name import complete_names
from app.domain.problems import Problems
from app.domain.record import Found, Path

#: Characters kept of an address that is none.
TYPED_CHARS_MAX = 254

_NOWHERE: Path = ()


class MappedFields(NamedTuple):
    """Fields with their values, and what was put to use for them: texts by their paths."""

    fields: dict[str, str]
    used: dict[Path, str]


def map_fields(person: dict[str, Found], problems: Problems) -> MappedFields:
    """The fields of a submission; `email` is normalised, or as typed if that is a problem."""
    placed = MappedFields(
        fields={field: found.text for field, found in person.items() if field != FULL_NAME},
        used={found.path: found.text for field, found in person.items() if field != FULL_NAME},
    )
    _map_full_name(placed, person)
    _map_source(placed, person)
    _check_lengths(placed.fields, problems)
    placed.fields["email"] = _address(placed.fields.get("email"), problems)
    return placed


def _map_full_name(placed: MappedFields, person: dict[str, Found]) -> None:
    """Split a full name, be it a field or the one beside the address, if it adds anything."""
    email = person.get("email")
    beside = display_name(email.text) if email else None
    full = person.get(FULL_NAME)
    if full is not None and _complete(placed.fields, full.text):
        placed.used[full.path] = full.text
    if email is not None and beside is not None and not _complete(placed.fields, beside):
        del placed.used[email.path]


def _complete(fields: dict[str, str], full: str) -> bool:
    names = complete_names(full, fields.get("first_name"), fields.get("last_name"))
    for field, name in zip(("first_name", "last_name"), names or (), strict=False):
        if name:
            fields[field] = name
    return names is not None


def _map_source(placed: MappedFields, person: dict[str, Found]) -> None:
    """A source that is none of ours is `other`, its text the detail, or metadata beside one."""
    source = person.get("source")
    if source is None:
        return
    known = source.text.lower()
    placed.fields["source"] = known if known in SOURCES else "other"
    if known in SOURCES:
        return
    if "source_detail" in placed.fields:
        del placed.used[source.path]
    else:
        placed.fields["source_detail"] = source.text


def _check_lengths(fields: dict[str, str], problems: Problems) -> None:
    for field, most in LENGTHS_MAX.items():
        length = len(fields.get(field, ""))
        if length > most:
            problems.add(field, f"has {length:,} characters: at most {most} can be kept")


def _address(typed: str | None, problems: Problems) -> str:
    if typed is None:
        problems.add("email", "is missing: an e-mail address is all that a lead needs")
        return ""
    try:
        return normalise(typed)
    except MalformedAddress as error:
        problems.add("email", str(error))
        return typed[:TYPED_CHARS_MAX]
