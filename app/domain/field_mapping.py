"""From what was found about a person to the fields of a submission."""

from __future__ import annotations

from typing import NamedTuple

from app.domain.address import MalformedAddress, display_name, normalise
from app.domain.contact import SOURCES
from app.domain.fields import LENGTHS_MAX
from app.domain.full_name import complete_names
from app.domain.labels import FULL_NAME
from app.domain.problems import Problems
from app.domain.record import Found, Path
from app.domain.untrusted_text import one_line
from app.domain.web_url import is_web_url

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
        fields={f: one_line(found.text) for f, found in person.items() if f != FULL_NAME},
        used={found.path: found.text for field, found in person.items() if field != FULL_NAME},
    )
    _map_full_name(placed, person)
    _map_source(placed, person)
    _map_linkedin_url(placed, person)
    _check_lengths(placed.fields, problems)
    placed.fields["email"] = _address(placed.fields.get("email"), problems)
    return placed


def _map_full_name(placed: MappedFields, person: dict[str, Found]) -> None:
    """Split a full name, be it a field or the one beside the address, if it adds anything."""
    email = person.get("email")
    beside = display_name(email.text) if email else None
    full = person.get(FULL_NAME)
    if full is not None and _complete(placed.fields, full.text) and _holds_all(placed.fields, full):
        placed.used[full.path] = full.text
    if email is not None and beside is not None and not _complete(placed.fields, beside):
        del placed.used[email.path]


def _holds_all(fields: dict[str, str], full: Found) -> bool:
    """Whether the names hold every word of the full name; otherwise that stays in metadata."""
    words = f"{fields.get('first_name', '')} {fields.get('last_name', '')}".split()
    return set(full.text.replace(",", " ").split()) <= set(words)


def _map_linkedin_url(placed: MappedFields, person: dict[str, Found]) -> None:
    """A link that a browser would not open as a page stays in metadata."""
    found = person.get("linkedin_url")
    if found is not None and not is_web_url(found.text):
        del placed.fields["linkedin_url"], placed.used[found.path]


def _complete(fields: dict[str, str], full: str) -> bool:
    names = complete_names(full, fields.get("first_name"), fields.get("last_name"))
    if names is None:
        return False
    for field, name in zip(("first_name", "last_name"), names, strict=True):
        if name:
            fields[field] = one_line(name)
    return True


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
