"""A submission: what a visitor sent, in any shape, cleaned and mapped to fields.

The only validation of captures. All problems are reported together.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.contact_fields import LeadFields, lead_values
from app.domain.errors import InvalidCapture
from app.domain.labels.labels import COMPANY
from app.domain.submission.cleaning import Cleaner
from app.domain.submission.controls import NO_CONTROLS, Controls, take_controls
from app.domain.submission.fast_path import read_fast_path
from app.domain.submission.field_mapping import map_fields
from app.domain.submission.form import take_form
from app.domain.submission.json_object import read_object
from app.domain.submission.metadata import Gathered, fit_metadata, gather_metadata
from app.domain.submission.person import find_person
from app.domain.submission.problems import Problems
from app.domain.submission.record import Found
from app.domain.submission.unfolding import unfold
from app.domain.submission.wanted import wanted_first
from app.domain.text.untrusted_text import clean_text, one_line
from app.domain.touch.first_touch import find_touch, is_told_plainly
from app.domain.touch.source import derive_source

#: Fields that are looked at: as many as metadata has keys.
_FIELDS_MAX = 100
#: Longest company name that is put at the top of metadata, in characters.
COMPANY_CHARS_MAX = 200


class Submission(LeadFields, kw_only=True):
    """What a visitor sent. Texts are NFC, trimmed and never empty; metadata is bounded."""

    controls: Controls = NO_CONTROLS


class InvalidAddress(InvalidCapture):
    """The address is the only problem.

    `submission` has everything else, and as `email` what was typed (at most 254 characters, ""
    for nothing): a lead to follow up by hand.
    """

    def __init__(self, fields: Mapping[str, str], submission: Submission) -> None:
        super().__init__(fields)
        self.submission = submission


def parse_json(body: bytes, page_host: str | None = None) -> Submission:
    """The submission in a JSON body (UTF-8). Raises `InvalidJson`, else as `parse_fields`."""
    plain = read_fast_path(body)
    if plain is None:
        return parse_fields(read_object(body), page_host)
    touch = {} if is_told_plainly(plain.metadata) else find_touch(plain.metadata)
    if touch:
        others = _for_top(plain.metadata, touch)
        plain.metadata = fit_metadata(Gathered(plain.metadata, others))
    if not plain.source:
        plain.source = derive_source(touch | plain.metadata, page_host)
    if plain.fill_ms is None:
        return Submission(*lead_values(plain))
    return Submission(*lead_values(plain), controls=Controls(fill_ms=plain.fill_ms))


def parse_fields(fields: Mapping[str, object], page_host: str | None = None) -> Submission:
    """The submission in decoded JSON or in a form's fields (lists for repeated names).

    `page_host`: host of the sending page, if known; any other host is an outside referrer.
    Raises `InvalidCapture` with all problems by field, `InvalidAddress` if it is the only one.
    """
    problems = Problems()
    cleaner = Cleaner(problems)
    controls, cleaned = take_controls(cleaner.clean_fields(fields), problems)
    form = take_form(cleaned)
    sent, beyond = _narrowed(cleaned)
    view = unfold(sent)
    person = find_person(view)
    company = person.pop(COMPANY, None)
    mapped = map_fields(person, problems)
    if form is not None:
        mapped.fields["form"] = form
    gathered = gather_metadata(sent, mapped.used, problems)
    # Of names that spell out a path, some have no place in the view.
    touch = find_touch({name: text for name, text in sent.items() if isinstance(text, str)})
    touch = find_touch(view) | touch
    gathered.others.update(_for_top(gathered.sent | gathered.others, touch, company))
    metadata = fit_metadata(gathered, beyond, cleaner.dropped)
    if "source" not in mapped.fields:
        mapped.fields["source"] = derive_source(touch | metadata, page_host)
    submission = Submission(metadata=metadata, controls=controls, **mapped.fields)
    if problems.by_field.keys() == {"email"}:
        raise InvalidAddress(problems.by_field, submission)
    if problems.by_field:
        raise InvalidCapture(problems.by_field)
    return submission


def _narrowed(fields: dict[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """The fields that are looked at, and those beyond."""
    if len(fields) <= _FIELDS_MAX:
        return fields, {}
    named = list(wanted_first(fields).items())
    return dict(named[:_FIELDS_MAX]), dict(named[_FIELDS_MAX:])


def _for_top(
    metadata: Mapping[str, object], touch: Mapping[str, str], company: Found | None = None
) -> dict[str, object]:
    """What everybody looks for at the top of metadata and is not there yet."""
    added: dict[str, object] = {name: touch[name] for name in touch.keys() - metadata.keys()}
    if company and COMPANY not in metadata:
        added[COMPANY] = one_line(clean_text(company.text[:COMPANY_CHARS_MAX]))
    return added
