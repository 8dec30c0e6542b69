"""Maps what was found about a person to the fields of a submission."""

from __future__ import annotations

from typing import NamedTuple

from app.domain.contact_fields import LEAD_LENGTHS_MAX, SOURCES
from app.domain.labels.full_name import complete_names
from app.domain.labels.labels import FULL_NAME
from app.domain.submission.problems import Problems
from app.domain.submission.record import Found, Path
from app.domain.text.address import MalformedAddress, display_name, normalise
from app.domain.text.untrusted_text import one_line
from app.domain.text.web_url import is_web_url

#: Characters kept of an invalid address.
TYPED_CHARS_MAX = 254

_NOWHERE: Path = ()


class MappedFields(NamedTuple):
    """Fields with their values, and the texts used for them by their paths."""

    fields: dict[str, str]
    used: dict[Path, str]


def map_fields(person: dict[str, Found], problems: Problems) -> MappedFields:
    """The fields of a submission; `email` is normalised, or as typed if that is a problem."""
    mapped = MappedFields(
        fields={f: one_line(found.text) for f, found in person.items() if f != FULL_NAME},
        used={found.path: found.text for field, found in person.items() if field != FULL_NAME},
    )
    _map_full_name(mapped, person)
    _map_source(mapped, person)
    _map_linkedin_url(mapped, person)
    _check_lengths(mapped.fields, problems)
    mapped.fields["email"] = _address(mapped.fields.get("email"), problems)
    return mapped


def _map_full_name(mapped: MappedFields, person: dict[str, Found]) -> None:
    """Split a full name, from its own field or beside the address, if it adds anything."""
    email = person.get("email")
    beside = display_name(email.text) if email else None
    full = person.get(FULL_NAME)
    if full is not None and _complete(mapped.fields, full.text) and _holds_all(mapped.fields, full):
        mapped.used[full.path] = full.text
    if email is not None and beside is not None and not _complete(mapped.fields, beside):
        del mapped.used[email.path]


def _holds_all(fields: dict[str, str], full: Found) -> bool:
    """Whether the names hold every word of the full name; otherwise that stays in metadata."""
    words = f"{fields.get('first_name', '')} {fields.get('last_name', '')}".split()
    return set(full.text.replace(",", " ").split()) <= set(words)


def _map_linkedin_url(mapped: MappedFields, person: dict[str, Found]) -> None:
    """A link that a browser would not open as a page stays in metadata."""
    found = person.get("linkedin_url")
    if found is not None and not is_web_url(found.text):
        del mapped.fields["linkedin_url"], mapped.used[found.path]


def _complete(fields: dict[str, str], full: str) -> bool:
    names = complete_names(full, fields.get("first_name"), fields.get("last_name"))
    if names is None:
        return False
    for field, name in zip(("first_name", "last_name"), names, strict=True):
        if name:
            fields[field] = one_line(name)
    return True


def _map_source(mapped: MappedFields, person: dict[str, Found]) -> None:
    """An unknown source becomes `other`; its text becomes the detail, or stays in metadata."""
    source = person.get("source")
    if source is None:
        return
    known = source.text.lower()
    mapped.fields["source"] = known if known in SOURCES else "other"
    if known in SOURCES:
        return
    if "source_detail" in mapped.fields:
        del mapped.used[source.path]
    else:
        mapped.fields["source_detail"] = source.text


def _check_lengths(fields: dict[str, str], problems: Problems) -> None:
    for field, most in LEAD_LENGTHS_MAX.items():
        length = len(fields.get(field, ""))
        if length > most:
            problems.add(field, f"has {length:,} characters: at most {most} can be kept")


def _address(typed: str | None, problems: Problems) -> str:
    if typed is None:
        problems.add("email", "is required")
        return ""
    try:
        return normalise(typed)
    except MalformedAddress as error:
        problems.add("email", str(error))
        return typed[:TYPED_CHARS_MAX]
