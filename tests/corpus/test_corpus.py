from __future__ import annotations

from collections.abc import Iterator
from unicodedata import normalize

import msgspec
import pytest

from app.domain.submission.metadata import BYTES_MAX
from app.domain.submission.submission import Submission
from app.ingress.reading import decode_body
from tests.corpus.chatbots import CHATBOTS
from tests.corpus.crm_tools import CRM_TOOLS
from tests.corpus.form_hosts import FORM_HOSTS
from tests.corpus.form_tools import FORM_TOOLS
from tests.corpus.html_forms import HTML_FORMS
from tests.corpus.large_forms import LARGE_FORMS
from tests.corpus.lead_ads import LEAD_ADS
from tests.corpus.payload import Payload
from tests.corpus.site_builders import SITE_BUILDERS

NAMED_TOOLS = [*FORM_HOSTS, *SITE_BUILDERS, *CRM_TOOLS, *LEAD_ADS]
CORPUS = [*FORM_TOOLS, *CHATBOTS, *HTML_FORMS, *NAMED_TOOLS]
FIELDS = ("email", "first_name", "last_name", "phone", "title", "linkedin_url", "source_detail")

each_payload = pytest.mark.parametrize("payload", CORPUS, ids=lambda payload: payload.sender)


def read(payload: Payload) -> Submission:
    return decode_body(payload.body, payload.content_type).submission("acme.example")


@each_payload
def test_a_payload_is_mapped_as_a_person_would_expect(payload: Payload) -> None:
    submission = read(payload)

    mapped = {field: getattr(submission, field) for field in FIELDS}
    assert mapped == {field: payload.expected.get(field) for field in FIELDS}
    assert submission.source == payload.expected.get("source", "organic")
    for key in ("company", "utm_source", "utm_medium"):
        assert submission.metadata.get(key) == payload.metadata.get(key)


@each_payload
def test_a_payload_loses_nothing(payload: Payload) -> None:
    submission = read(payload)

    assert submission.metadata.items() >= payload.metadata.items()
    kept = msgspec.json.encode(submission).decode().lower()
    for word in words_sent(payload):
        assert msgspec.json.encode(word).decode()[1:-1].lower() in kept


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(NAMED_TOOLS) >= 120
    assert len({payload.sender for payload in CORPUS}) == len(CORPUS)


def words_sent(payload: Payload) -> Iterator[str]:
    """Each word of each value that was sent, as it is after normalisation."""
    received = decode_body(payload.body, payload.content_type)
    sent = received.typed or msgspec.json.decode(payload.body)
    for text in texts_in(sent):
        yield from normalize("NFC", text).replace("<mailto:", "").strip("> ").split()


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str) and not value.startswith("{"):
        yield value
    elif isinstance(value, dict):
        # As a list of fields has them, a name is no value.
        for inner in [value["value"]] if value.keys() == {"name", "value"} else value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


@pytest.mark.parametrize("payload", LARGE_FORMS, ids=lambda payload: payload.sender)
def test_no_lead_is_lost_for_the_size_of_its_form(payload: Payload) -> None:
    submission = read(payload)

    mapped = {field: getattr(submission, field) for field in (*FIELDS, "source")}
    assert {field: value for field, value in mapped.items() if value} == payload.expected
    assert submission.metadata.items() >= payload.metadata.items()
    kept = len(msgspec.json.encode(submission.metadata))
    assert kept > 0.5 * min(len(payload.body), BYTES_MAX)
    assert kept <= BYTES_MAX
