from __future__ import annotations

from typing import cast

import msgspec
import pytest

from app.domain.submission.metadata import (
    BYTES_MAX,
    KEYS_MAX,
    Gathered,
    fit_metadata,
    gather_metadata,
)
from app.domain.submission.problems import Problems


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

    assert fit_metadata(gather_metadata(sent, {}, problems)) == metadata
    assert not problems.by_field


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"metadata": {str(i): i for i in range(KEYS_MAX + 1)}}, "metadata"),
        ({"metadata": {"text": "x" * BYTES_MAX}}, "metadata"),
        ({"metadata": {"a": {"b": {"c": {"d": {"e": {}}}}}}}, "metadata.a"),
    ],
    ids=["keys", "bytes", "levels"],
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


LONG = "é" * BYTES_MAX


@pytest.mark.parametrize(
    ("sent", "others", "kept", "dropped"),
    [
        ({}, {"message": LONG, "a": "x"}, {"a": "x"}, 1),
        ({"a": "x"}, {"answers": [LONG, "b"], "b": 1}, {"a": "x", "b": 1}, 2),
        ({}, {"a": {"b": 1, "c": [1] * BYTES_MAX}}, {}, BYTES_MAX - 8_149),
        ({"a": 1}, {str(i): "x" for i in range(150)}, {"a": 1, "96": "x"}, 0),
        ({str(i): i for i in range(KEYS_MAX)}, {"a": 1}, {"99": 99}, 0),
        ({"a": "x" * (BYTES_MAX - 9)}, {"b": "x"}, {"a": "x" * (BYTES_MAX - 9)}, 0),
        ({}, {"z": LONG, "email": "é" * 5000, "utm_term": "x" * 3000}, {"utm_term": "x" * 3000}, 1),
    ],
    ids=["a text", "a list", "an object", "keys", "no key", "no byte", "several"],
)
def test_fields_beyond_a_limit_give_way_the_largest_first(
    sent: dict[str, object], others: dict[str, object], kept: dict[str, object], dropped: int
) -> None:
    metadata = fit_metadata(Gathered(sent, others))

    assert metadata.items() >= kept.items()
    assert metadata.get("dropped_values", 0) == dropped
    assert len(metadata) <= KEYS_MAX
    assert len(msgspec.json.encode(metadata)) <= BYTES_MAX


def test_fields_without_keys_of_their_own_are_put_together() -> None:
    metadata = fit_metadata(Gathered({}, {str(i): i for i in range(KEYS_MAX)}), {"a": 1})

    assert metadata["more_fields"] == {"98": 98, "99": 99, "a": 1}


def test_what_is_cut_ends_with_an_ellipsis() -> None:
    message = cast(str, fit_metadata(Gathered({}, {"message": '"' * BYTES_MAX}))["message"])

    assert message.strip('"') == "…"
    assert BYTES_MAX - 100 < len(msgspec.json.encode(message)) < BYTES_MAX
