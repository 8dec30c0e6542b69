from __future__ import annotations

import json

import pytest

from app.domain.errors import InvalidJson
from app.domain.submission.submission import parse_json

NAMED = [{"name": "email", "value": "ann@example.com"}, {"name": "first_name", "value": "Ann"}]


@pytest.mark.parametrize(
    "array",
    [
        [{"email": "ann@example.com", "first_name": "Ann"}],
        [[{"email": "ann@example.com", "first_name": "Ann"}]],
        NAMED,
        [["email", "ann@example.com"], ["first_name", "Ann"]],
        [{"question": "Email", "answer": "ann@example.com"},
         {"question": "First name", "answer": "Ann"}],
        [{"event": "submitted"}, {"email": "ann@example.com", "first_name": "Ann"}],
        [{"label": "Email", "value": "ann@example.com"}, {"label": "First name", "value": "Ann"},
         {"label": "Confirm email", "value": "ann@example.com"}],
    ],
)  # fmt: skip
def test_an_array_that_holds_one_lead_is_that_lead(array: object) -> None:
    parsed = parse_json(json.dumps(array).encode())

    assert (parsed.email, parsed.first_name) == ("ann@example.com", "Ann")


def test_a_name_that_comes_repeatedly_in_an_array_keeps_all_its_values() -> None:
    topics = [{"name": "topic", "value": "a"}, {"name": "topic", "value": "b"}]

    assert parse_json(json.dumps([*NAMED, *topics]).encode()).metadata == {"topic": ["a", "b"]}


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        ([], "not an object"),
        ([[]], "not an object"),
        ([{"email": "ann@example.com"}, {"email": "eve@example.com"}], "holds 2 leads"),
        ([{"contact": {"email": f"a{i}@b.co"}} for i in range(7)], "holds 7 leads"),
        ([0] * 2000, "more than 1,500 items"),
    ],
)
def test_an_array_of_none_or_several_leads_is_refused_with_the_reason(
    array: object, reason: str
) -> None:
    with pytest.raises(InvalidJson, match=reason):
        parse_json(json.dumps(array).encode())
