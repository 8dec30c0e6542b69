"""The fields of a contact, one line each: the only place that names them.

Derived from these lines: captures in jobs and in `captures.payload`, what the API takes and shows,
the OpenAPI document, length limits, columns, events and the merge.

To add a text field: a line in `LeadFields`, a migration that adds the column, a test, the docs.
(`app.domain.labels.labels` has what forms call a field besides its own name.)
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Annotated, Any, Literal, NamedTuple, get_args

import msgspec

Stage = Literal["lead", "prospect", "customer", "churned"]
Source = Literal["organic", "referral", "paid", "social", "email", "event", "outbound", "other"]
SOURCES: tuple[str, ...] = get_args(Source)
STAGES: tuple[str, ...] = get_args(Stage)


class Rule(Enum):
    """Which write of a field stands."""

    LATEST = auto()  # the latest one, whether it came from a capture or a keyed caller
    FIRST_TOUCH = auto()  # the first capture's, unless a keyed caller sets another
    KEYED_ONLY = auto()  # only keyed callers set it


class Field(NamedTuple):
    """What is known about a field besides its name and type."""

    #: Longest value in characters; None: the field is checked in another way.
    chars_max: int | None
    rule: Rule = Rule.LATEST


class LeadFields(msgspec.Struct):
    """What a visitor may send. Metadata keys follow the rule of the latest write, key by key."""

    email: Annotated[str, Field(None, Rule.KEYED_ONLY)]
    first_name: Annotated[str | None, Field(200)] = None
    last_name: Annotated[str | None, Field(200)] = None
    phone: Annotated[str | None, Field(50)] = None
    title: Annotated[str | None, Field(200)] = None
    linkedin_url: Annotated[str | None, Field(500)] = None
    #: One of SOURCES; "" only until it is derived.
    source: Annotated[str, Field(None, Rule.FIRST_TOUCH)] = ""
    source_detail: Annotated[str | None, Field(500, Rule.FIRST_TOUCH)] = None
    #: The name of the form, or the path of its page: see `app.domain.submission.form`.
    form: Annotated[str | None, Field(None)] = None
    metadata: dict[str, object] = {}


class ContactFields(LeadFields):
    """What a keyed caller may set."""

    stage: Annotated[str, Field(None, Rule.KEYED_ONLY)] = "lead"
    company_id: Annotated[str | None, Field(100, Rule.KEYED_ONLY)] = None
    owner_id: Annotated[str | None, Field(100, Rule.KEYED_ONLY)] = None


def _described(kind: type[msgspec.Struct]) -> dict[str, Field]:
    return {
        field.name: about
        for field in msgspec.structs.fields(kind)
        for about in getattr(field.type, "__metadata__", ())
        if isinstance(about, Field)
    }


def _lengths_max(fields: dict[str, Field]) -> dict[str, int]:
    return {name: field.chars_max for name, field in fields.items() if field.chars_max is not None}


LEAD_FIELDS = _described(LeadFields)
#: Longest value, in characters, of each text field that a visitor may send.
LEAD_LENGTHS_MAX = _lengths_max(LEAD_FIELDS)
#: The same of each text field that a keyed caller may set.
CONTACT_LENGTHS_MAX = _lengths_max(_described(ContactFields))

LATEST_FIELDS = tuple(n for n, field in LEAD_FIELDS.items() if field.rule is Rule.LATEST)
FIRST_TOUCH_FIELDS = tuple(n for n, field in LEAD_FIELDS.items() if field.rule is Rule.FIRST_TOUCH)

_LEAD_COUNT = len(LeadFields.__struct_fields__)


def lead_values(lead: LeadFields) -> tuple[Any, ...]:
    """The values of `LeadFields` in their order, to make another struct of the same lead.

    For example `Capture(*lead_values(submission), id=…)`; as fast as naming each field.
    """
    return msgspec.structs.astuple(lead)[:_LEAD_COUNT]
