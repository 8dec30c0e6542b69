"""Which form a capture came from."""

from __future__ import annotations

import msgspec
import pytest

from app.domain.submission.form import form_of_page
from app.domain.submission.submission import parse_fields, parse_json

ANN = {"email": "ann@example.com"}


@pytest.mark.parametrize(
    ("sent", "form", "metadata"),
    [
        ({"form": "demo-request"}, "demo-request", {}),
        ({"_form": " demo "}, "demo", {}),
        ({"_form": "a", "form": "b"}, "a", {"form": "b"}),
        ({"form_name": "Contact us"}, "Contact us", {}),
        ({"formName": "a\nb"}, "a b", {}),
        ({"form": ""}, None, {}),
        ({"form": "x" * 101}, None, {"form": "x" * 101}),
        ({"form": {"id": "7"}}, None, {"form": {"id": "7"}}),
        ({"form": 7}, None, {"form": 7}),
    ],
)
def test_a_short_text_names_the_form_and_anything_else_stays_a_field(
    sent: dict[str, object], form: str | None, metadata: dict[str, object]
) -> None:
    for submission in (parse_fields(ANN | sent), parse_json(msgspec.json.encode(ANN | sent))):
        assert (submission.form, submission.metadata) == (form, metadata)


@pytest.mark.parametrize(
    ("referrer", "form"),
    [
        ("https://www.example.com/pricing/?a=b#c", "/pricing"),
        ("https://www.example.com/de/kontakt", "/de/kontakt"),
        ("https://www.example.com/", None),  # a browser tells other sites no more than that
        ("https://www.example.com", None),
        ("https://acme.example.com/capture", None),
        ("https://www.example.com/" + "x" * 200, None),
        ("http://[", None),
        ("", None),
        (None, None),
    ],
)
def test_a_form_without_a_name_is_known_by_its_page(referrer: str | None, form: str | None) -> None:
    assert form_of_page(referrer, "acme.example.com") == form
