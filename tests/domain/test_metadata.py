from __future__ import annotations

import pytest

from app.domain.metadata import BYTES_MAX, KEYS_MAX, gather_metadata
from app.domain.problems import Problems


@pytest.mark.parametrize(
    ("sent", "metadata"),
    [
        ({}, {}),
        ({"message": "Hi", "company": "Acme"}, {"message": "Hi", "company": "Acme"}),
        ({"metadata": {"a": 1, "b": [2]}}, {"a": 1, "b": [2]}),
        ({"metadata": {"a": "", "b": None, "c": False}}, {"c": False}),
        ({"metadata": '{"a": 1}'}, {"a": 1}),
        ({"metadata": "free text"}, {"metadata": "free text"}),
        ({"metadata": ["a", "b"]}, {"metadata": ["a", "b"]}),
        ({"metadata": 7}, {"metadata": 7}),
        ({"Metadata": {"a": 1}}, {"a": 1}),
        (
            {"metadata[utm_source]": "x", "metadata.utm_medium": "y"},
            {"utm_source": "x", "utm_medium": "y"},
        ),
        ({"metadata[a][b]": "x"}, {"a.b": "x"}),
        ({"company": "A", "metadata": {"company": "A"}}, {"company": "A"}),
        ({"company": "A", "metadata": {"company": "B"}}, {"company": "B", "company_2": "A"}),
        (
            {"x": "1", "metadata": {"x": "2", "x_2": "3"}},
            {"x": "2", "x_2": "3", "x_3": "1"},
        ),
        ({"id": "cont_1", "stage": "customer"}, {"id": "cont_1", "stage": "customer"}),
        ({"a": {"b": {"c": {"d": {"e": 1}}}}}, {"a": {"b": {"c": {"d": {"e": 1}}}}}),
        (
            {"a": {"b": {"c": {"d": {"e": [1, {"f": 2}]}}}}},
            {"a": {"b": {"c": {"d": {"e": '[1,{"f":2}]'}}}}},
        ),
    ],
)
def test_everything_has_a_place_in_metadata(
    sent: dict[str, object], metadata: dict[str, object]
) -> None:
    problems = Problems()

    assert gather_metadata(sent, {}, problems) == metadata
    assert not problems.by_field


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"metadata": {str(i): i for i in range(KEYS_MAX + 1)}}, "metadata"),
        ({"metadata": {"text": "x" * BYTES_MAX}}, "metadata"),
        ({"message": "é" * (BYTES_MAX // 2)}, "metadata"),
        ({"metadata": {"a": {"b": {"c": {"d": {"e": {}}}}}}}, "metadata.a"),
    ],
    ids=["keys", "bytes", "bytes of a field", "levels"],
)
def test_metadata_beyond_a_limit_is_a_problem(sent: dict[str, object], field: str) -> None:
    problems = Problems()

    gather_metadata(sent, {}, problems)

    assert list(problems.by_field) == [field]


def test_metadata_at_its_limits_is_taken() -> None:
    problems = Problems()
    keys = {f"key {i}": 0 for i in range(KEYS_MAX)}

    gather_metadata({"metadata": {"text": "x" * (BYTES_MAX - len('{"text":""}'))}}, {}, problems)
    gather_metadata({"metadata": keys}, {}, problems)

    assert not problems.by_field
